// SPDX-License-Identifier: GPL-2.0
/*
 * vflab: driver of the host for a function with SR-IOV, and for its virtual functions
 *
 * QEMU's NVMe controller serves as the hardware: none of its registers is used. Each
 * function gets a network interface without a network, so that libvirt can hand a
 * virtual function to a guest as <interface type='hostdev'>: it sets the MAC address
 * and the VLAN through the interface of the physical function.
 */
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>

#define VFLAB_MAX_FUNCTIONS	8

struct vflab_nic {
	struct pci_dev *pdev;
	/* of the physical function: what its virtual functions are given, under RTNL */
	struct {
		u8 mac[ETH_ALEN];
		u16 vlan;
		u8 qos;
	} vf[VFLAB_MAX_FUNCTIONS];
};

static netdev_tx_t vflab_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static bool vf_exists(struct net_device *netdev, int vf)
{
	struct vflab_nic *nic = netdev_priv(netdev);

	return vf >= 0 && vf < min(pci_num_vf(nic->pdev), VFLAB_MAX_FUNCTIONS);
}

static int vflab_set_vf_mac(struct net_device *netdev, int vf, u8 *mac)
{
	struct vflab_nic *nic = netdev_priv(netdev);

	if (!vf_exists(netdev, vf) || is_multicast_ether_addr(mac))
		return -EINVAL;
	ether_addr_copy(nic->vf[vf].mac, mac);
	return 0;
}

static int vflab_set_vf_vlan(struct net_device *netdev, int vf, u16 vlan, u8 qos, __be16 proto)
{
	struct vflab_nic *nic = netdev_priv(netdev);

	if (!vf_exists(netdev, vf) || vlan >= VLAN_N_VID)
		return -EINVAL;
	if (proto != htons(ETH_P_8021Q))
		return -EPROTONOSUPPORT;
	nic->vf[vf].vlan = vlan;
	nic->vf[vf].qos = qos;
	return 0;
}

static int vflab_get_vf_config(struct net_device *netdev, int vf, struct ifla_vf_info *info)
{
	struct vflab_nic *nic = netdev_priv(netdev);

	if (!vf_exists(netdev, vf))
		return -EINVAL;
	info->vf = vf;
	ether_addr_copy(info->mac, nic->vf[vf].mac);
	info->vlan = nic->vf[vf].vlan;
	info->qos = nic->vf[vf].qos;
	info->vlan_proto = htons(ETH_P_8021Q);
	return 0;
}

static const struct net_device_ops vflab_pf_ops = {
	.ndo_start_xmit = vflab_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_vf_mac = vflab_set_vf_mac,
	.ndo_set_vf_vlan = vflab_set_vf_vlan,
	.ndo_get_vf_config = vflab_get_vf_config,
};

static const struct net_device_ops vflab_vf_ops = {
	.ndo_start_xmit = vflab_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static int vflab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	/* locally administered; the function's number makes it unique */
	u8 mac[ETH_ALEN] = { 0x52, 0x54, 0x00, 0xf0, pdev->bus->number, pdev->devfn };
	struct net_device *netdev;
	struct vflab_nic *nic;
	int ret;

	netdev = alloc_etherdev(sizeof(*nic));
	if (!netdev)
		return -ENOMEM;

	nic = netdev_priv(netdev);
	nic->pdev = pdev;
	netdev->netdev_ops = pdev->is_virtfn ? &vflab_vf_ops : &vflab_pf_ops;
	SET_NETDEV_DEV(netdev, &pdev->dev);
	eth_hw_addr_set(netdev, mac);
	ret = register_netdev(netdev);
	if (ret) {
		free_netdev(netdev);
		return ret;
	}
	pci_set_drvdata(pdev, netdev);
	return 0;
}

static void vflab_remove(struct pci_dev *pdev)
{
	struct net_device *netdev = pci_get_drvdata(pdev);

	/* a virtual function that a guest has is taken from it */
	if (!pdev->is_virtfn)
		pci_disable_sriov(pdev);
	unregister_netdev(netdev);
	free_netdev(netdev);
}

static const struct pci_device_id vflab_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0010) },	/* QEMU's NVMe controller */
	{ }
};
MODULE_DEVICE_TABLE(pci, vflab_ids);

static struct pci_driver vflab_driver = {
	.name = "vflab",
	.id_table = vflab_ids,
	.probe = vflab_probe,
	.remove = vflab_remove,
	.sriov_configure = pci_sriov_configure_simple,
};
module_pci_driver(vflab_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Sample driver for a PCI function with SR-IOV");
