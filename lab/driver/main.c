// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: sample mediated device driver
 *
 * Makes each of QEMU's pci-testdev a parent of mediated devices, and on request
 * parents in a class of their own. See README.md.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "mdevlab.h"

static int mdevlab_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mdevlab_parent *parent = mdevlab_parent_create(&pdev->dev);

	if (IS_ERR(parent))
		return PTR_ERR(parent);
	pci_set_drvdata(pdev, parent);
	return 0;
}

static void mdevlab_pci_remove(struct pci_dev *pdev)
{
	mdevlab_parent_destroy(pci_get_drvdata(pdev));
}

static const struct pci_device_id mdevlab_pci_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0005) },	/* pci-testdev */
	{ }
};
MODULE_DEVICE_TABLE(pci, mdevlab_pci_ids);

static struct pci_driver mdevlab_pci_driver = {
	.name = "mdevlab",
	.id_table = mdevlab_pci_ids,
	.probe = mdevlab_pci_probe,
	.remove = mdevlab_pci_remove,
};

static const struct class mdevlab_class = {
	.name = "mdevlab",
};

static struct mdevlab_parent *virtual_parents[MDEVLAB_MAX_PARENTS];

static void virtual_parents_destroy(void)
{
	unsigned int i;

	for (i = 0; i < MDEVLAB_MAX_PARENTS && virtual_parents[i]; i++) {
		struct device *dev = virtual_parents[i]->dev;

		mdevlab_parent_destroy(virtual_parents[i]);
		device_unregister(dev);
	}
}

static int virtual_parents_create(void)
{
	unsigned int i;

	for (i = 0; i < mdevlab_virtual_parents(); i++) {
		struct mdevlab_parent *parent;
		struct device *dev;

		dev = device_create(&mdevlab_class, NULL, MKDEV(0, 0), NULL, "mdevlab-virt%u", i);
		if (IS_ERR(dev))
			return PTR_ERR(dev);

		parent = mdevlab_parent_create(dev);
		if (IS_ERR(parent)) {
			device_unregister(dev);
			return PTR_ERR(parent);
		}
		virtual_parents[i] = parent;
	}
	return 0;
}

static int __init mdevlab_init(void)
{
	int ret;

	ret = mdevlab_params_check();
	if (ret)
		return ret;

	ret = class_register(&mdevlab_class);
	if (ret)
		return ret;

	ret = mdev_register_driver(&mdevlab_mdev_driver);
	if (ret)
		goto err_class;

	ret = mdev_register_driver(&mdevlab_mdev_ccw_driver);
	if (ret)
		goto err_mdev;

	ret = pci_register_driver(&mdevlab_pci_driver);
	if (ret)
		goto err_mdev_ccw;

	/* after the PCI parents, which thus come first in the parameters */
	ret = virtual_parents_create();
	if (ret)
		goto err_virtual;
	return 0;

err_virtual:
	virtual_parents_destroy();
	pci_unregister_driver(&mdevlab_pci_driver);
err_mdev_ccw:
	mdev_unregister_driver(&mdevlab_mdev_ccw_driver);
err_mdev:
	mdev_unregister_driver(&mdevlab_mdev_driver);
err_class:
	class_unregister(&mdevlab_class);
	return ret;
}

static void __exit mdevlab_exit(void)
{
	virtual_parents_destroy();
	pci_unregister_driver(&mdevlab_pci_driver);
	mdev_unregister_driver(&mdevlab_mdev_ccw_driver);
	mdev_unregister_driver(&mdevlab_mdev_driver);
	class_unregister(&mdevlab_class);
}

module_init(mdevlab_init);
module_exit(mdevlab_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Sample mediated device driver that publishes about migration");
