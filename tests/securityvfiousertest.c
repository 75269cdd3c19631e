/*
 * securityvfiousertest.c: labels of vfio-user host devices
 *
 * This library is free software; you can redistribute it and/or
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
 *
 * This library is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU
 * Lesser General Public License for more details.
 *
 * You should have received a copy of the GNU Lesser General Public
 * License along with this library.  If not, see
 * <http://www.gnu.org/licenses/>.
 */

#include <config.h>

#include <sys/stat.h>

#if WITH_SELINUX
# include <selinux/selinux.h>
#endif

#include "testutils.h"
#include "qemusecuritytest.h"

#include "domain_conf.h"
#include "security/security_manager.h"
#include "security/security_util.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define SOCKET "/run/nic.sock"
#define BINARY "/usr/libexec/nic"
#define IMAGE_LABEL "system_u:object_r:svirt_image_t:s0:c41,c264"

static virDomainXMLOption *xmlopt;

struct testLabel {
    virSecurityManager *mgr;
    bool managed;
    bool relabel;
    bool gone;                  /* the socket, before the guest is stopped */
    bool labelled;
};


static virDomainDef *
testParse(const struct testLabel *data)
{
    g_autofree char *xml = NULL;

    xml = g_strdup_printf("<domain type='test'>"
                          "<name>vm</name>"
                          "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
                          "<memory>219136</memory>"
                          "<os><type>hvm</type></os>"
                          "<devices>"
                          "<hostdev mode='subsystem' type='vfio-user' managed='%s'>"
                          "<source><%s path='%s'/></source>"
                          "</hostdev>"
                          "</devices>"
                          "<seclabel model='dac' type='static' relabel='%s'>"
                          "<label>+1000:+1001</label>"
                          "<imagelabel>+1000:+1001</imagelabel>"
                          "</seclabel>"
                          "<seclabel model='selinux' type='static' relabel='%s'>"
                          "<label>system_u:system_r:svirt_t:s0:c41,c264</label>"
                          "<imagelabel>" IMAGE_LABEL "</imagelabel>"
                          "</seclabel>"
                          "</domain>",
                          data->managed ? "yes" : "no",
                          data->managed ? "binary" : "socket",
                          data->managed ? BINARY : SOCKET,
                          data->relabel ? "yes" : "no",
                          data->relabel ? "yes" : "no");

    return virDomainDefParseString(xml, xmlopt, NULL, 0);
}


static int
testCheck(const char *path,
          bool labelled)
{
    struct stat sb;

    if (stat(path, &sb) < 0)
        return -1;

    if ((sb.st_uid == 1000 && sb.st_gid == 1001) != labelled) {
        fprintf(stderr, "%s is owned by %d:%d\n", path,
                (int) sb.st_uid, (int) sb.st_gid);
        return -1;
    }

#if WITH_SELINUX
    {
        g_autofree char *label = NULL;

        if (getfilecon_raw(path, &label) < 0)
            return -1;

        if (STREQ_NULLABLE(label, IMAGE_LABEL) != labelled) {
            fprintf(stderr, "label of %s is %s\n", path, NULLSTR(label));
            return -1;
        }
    }
#endif

    return 0;
}


static int
testLabel(const void *opaque)
{
    const struct testLabel *data = opaque;
    g_autoptr(virDomainDef) def = testParse(data);
    g_autoptr(GHashTable) notRestored = virHashNew(NULL);
    int ret = -1;

    if (!def)
        return -1;

    /* enables the mocks: no file is touched */
    if (!g_setenv(ENVVAR, "1", FALSE))
        return -1;

    if (virSecurityManagerSetHostdevLabel(data->mgr, def, def->hostdevs[0], NULL) < 0)
        goto cleanup;

    if (testCheck(SOCKET, data->labelled) < 0 || testCheck(BINARY, false) < 0)
        goto cleanup;

    /* drops what is known of all files */
    if (data->gone)
        freePaths();

    if (virSecurityManagerRestoreHostdevLabel(data->mgr, def, def->hostdevs[0], NULL) < 0)
        goto cleanup;

    /* none is left labelled, and no file that is gone is labelled again */
    if (checkPaths(notRestored) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    if (ret < 0)
        fprintf(stderr, "%s\n", virGetLastErrorMessage());
    g_unsetenv(ENVVAR);
    freePaths();
    return ret;
}


static int
mymain(void)
{
    int ret = 0;
    virSecurityManager *stack = NULL;
    virSecurityManager *dac = NULL;
#if WITH_SELINUX
    virSecurityManager *selinux = NULL;
#endif

    /* as in the test of the labels of all other devices */
    if (!virSecurityXATTRNamespaceDefined())
        return EXIT_AM_SKIP;

    if (virInitialize() < 0 ||
        !(xmlopt = virTestGenericDomainXMLConfInit()))
        return EXIT_FAILURE;

    if (!(dac = virSecurityManagerNewDAC("test", 1000, 1001,
                                         VIR_SECURITY_MANAGER_PRIVILEGED |
                                         VIR_SECURITY_MANAGER_DYNAMIC_OWNERSHIP,
                                         NULL)) ||
        !(stack = virSecurityManagerNewStack(dac)))
        return EXIT_FAILURE;

#if WITH_SELINUX
    if (!(selinux = virSecurityManagerNew("selinux", "test",
                                          VIR_SECURITY_MANAGER_PRIVILEGED |
                                          VIR_SECURITY_MANAGER_DEFAULT_CONFINED |
                                          VIR_SECURITY_MANAGER_REQUIRE_CONFINED)) ||
        virSecurityManagerStackAddNested(stack, selinux) < 0)
        return EXIT_FAILURE;
#endif

#define DO_TEST(name, ...) \
    do { \
        const struct testLabel data = { .mgr = stack, __VA_ARGS__ }; \
        if (virTestRun(name, testLabel, &data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST("socket", .relabel = true, .labelled = true);
    DO_TEST("socket that goes with the guest",
            .relabel = true, .labelled = true, .gone = true);
    DO_TEST("socket, not relabelled");
    DO_TEST("program", .managed = true, .relabel = true);

    virObjectUnref(stack);
    virObjectUnref(xmlopt);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
