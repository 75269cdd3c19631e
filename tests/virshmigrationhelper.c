/*
 * virshmigrationhelper.c: another language, and node devices that virsh cannot read
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

#include <libintl.h>
#include <locale.h>
#include <unistd.h>

#include "internal.h"
#include "virerror.h"
#include "virmock.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

static char *(*real_virNodeDeviceGetXMLDesc)(virNodeDevicePtr dev,
                                             unsigned int flags);
static char *(*real_dcgettext)(const char *domain,
                               const char *text,
                               int category);

/* Every message in brackets, as if that was its translation */
#undef dcgettext
char *
dcgettext(const char *domain,
          const char *text,
          int category)
{
    g_autofree char *translated = NULL;

    VIR_MOCK_REAL_INIT(dcgettext);

    if (!g_getenv("VIRSH_MOCK_TRANSLATE"))
        return real_dcgettext(domain, text, category);

    translated = g_strdup_printf("[%s]", text);

    return (char *) g_intern_string(translated);
}


#undef dgettext
char *
dgettext(const char *domain,
         const char *text)
{
    return dcgettext(domain, text, LC_MESSAGES);
}


/* What VIRSH_MOCK_DENIED names may not be read, what VIRSH_MOCK_NEWER names
 * is of a libvirt that knows more, what VIRSH_MOCK_GONE names has gone, what
 * VIRSH_MOCK_DEFINED names is persistent. */
char *
virNodeDeviceGetXMLDesc(virNodeDevicePtr dev,
                        unsigned int flags)
{
    const char *name = virNodeDeviceGetName(dev);

    VIR_MOCK_REAL_INIT(virNodeDeviceGetXMLDesc);

    if (STREQ_NULLABLE(name, g_getenv("VIRSH_MOCK_DENIED"))) {
        virReportError(VIR_ERR_ACCESS_DENIED, "'%s' denied access", "polkit");
        return NULL;
    }

    if (STREQ_NULLABLE(name, g_getenv("VIRSH_MOCK_GONE"))) {
        virReportError(VIR_ERR_NO_NODE_DEVICE, "no node device '%s'", name);
        return NULL;
    }

    if (STREQ_NULLABLE(name, g_getenv("VIRSH_MOCK_DEFINED")) &&
        (flags & VIR_NODE_DEVICE_XML_INACTIVE)) {
        return g_strdup_printf("<device><name>%s</name><capability type='mdev'>"
                               "<type id='later'/><attr name='aggregator' value='2'/>"
                               "<attr name='defined' value='3'/></capability></device>", name);
    }

    if (STREQ_NULLABLE(name, g_getenv("VIRSH_MOCK_NEWER"))) {
        return g_strdup_printf("<device><name>%s</name>"
                               "<capability type='later'/></device>", name);
    }

    return real_virNodeDeviceGetXMLDesc(dev, flags);
}
