/*
 * virsh-migration.c: whether assigned devices can migrate, without migrating
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

#include "virsh-migration.h"
#include "virsh-completer.h"
#include "virsh-util.h"

#include "conf/node_device_migration.h"
#include "conf/node_device_migration_candidates.h"
#include "internal.h"
#include "virbuffer.h"
#include "virdevmigrationlaunch.h"
#include "virenum.h"
#include "virfile.h"
#include "virhash.h"
#include "virjson.h"
#include "virstring.h"
#include "viruuid.h"
#include "virxml.h"
#include "vsh-table.h"

typedef enum {
    VIRSH_MIGRATION_FORMAT_TABLE,
    VIRSH_MIGRATION_FORMAT_JSON,
    VIRSH_MIGRATION_FORMAT_XML,

    VIRSH_MIGRATION_FORMAT_LAST
} virshMigrationFormat;

VIR_ENUM_DECL(virshMigrationFormat);
VIR_ENUM_IMPL(virshMigrationFormat,
              VIRSH_MIGRATION_FORMAT_LAST,
              "table", "json", "xml");

VIR_ENUM_DECL(virshMigrationReasonKind);
VIR_ENUM_IMPL(virshMigrationReasonKind,
              VIR_DEV_MIGRATION_REASON_LAST,
              "mismatch", "one-sided", "ask", "note");

/* What the destination would do. In order: the worse, the later */
typedef enum {
    VIRSH_MIGRATION_PREDICTION_ACCEPTED,
    VIRSH_MIGRATION_PREDICTION_UNKNOWN,
    VIRSH_MIGRATION_PREDICTION_REFUSED,

    VIRSH_MIGRATION_PREDICTION_LAST
} virshMigrationPrediction;

VIR_ENUM_DECL(virshMigrationPrediction);
VIR_ENUM_IMPL(virshMigrationPrediction,
              VIRSH_MIGRATION_PREDICTION_LAST,
              "accepted", "unknown", "refused");

typedef struct _virshMigrationReason virshMigrationReason;
struct _virshMigrationReason {
    virDevMigrationReasonKind kind;
    virDevMigrationCode code;
    const char *interface;      /* NULL: nothing that a device publishes */
    char *what;
    char *source;
    char *destination;
    char *detail;
    char *text;                 /* all of the above in one sentence */
};

typedef struct _virshMigrationCandidate virshMigrationCandidate;
struct _virshMigrationCandidate {
    virNodeDeviceMigrationCandidate *candidate;
    virDevMigrationVerdict verdict;
    unsigned int available;     /* of a type: free instances */
    GPtrArray *reasons;         /* virshMigrationReason */
};

/* One device of the source, and where it could go */
typedef struct _virshMigrationEntry virshMigrationEntry;
struct _virshMigrationEntry {
    /* of the guest; NULL if there is none */
    char *alias;
    char *address;
    /* on the destination; NULL: any */
    char *target;
    char *sourceName;
    char *deviceAPI;            /* what the guest expects; NULL: unknown */

    virNodeDeviceDef *sourceDef;
    virDevMigration *launched;  /* of a program: what it is as it runs */
    virNodeDeviceMigrationSource source;
    GPtrArray *candidates;      /* virshMigrationCandidate, the best first */
    GPtrArray *reasons;         /* virshMigrationReason, not about a candidate */
    virDevMigrationVerdict verdict;
    virshMigrationPrediction prediction;
    char *error;                /* could not be compared */
};

/* The devices of a host, listed when they are needed */
typedef struct _virshMigrationHost virshMigrationHost;
struct _virshMigrationHost {
    virConnectPtr conn;
    bool isOld;                 /* does not know what devices publish */
    GPtrArray *parents;         /* virNodeDeviceDef, by name */
    GPtrArray *functions;       /* likewise */
    GPtrArray *programs;        /* likewise */
    GHashTable *unread;         /* name of a device of these -> why it is not among them */
};

/* What a vfio-user program is launched with */
typedef struct _virshMigrationLaunch virshMigrationLaunch;
struct _virshMigrationLaunch {
    char *model;                /* NULL: none is named, and likewise below */
    char *version;
    GPtrArray *params;          /* virDevMigrationResource */
};


static void
virshMigrationReasonFree(virshMigrationReason *reason)
{
    g_free(reason->what);
    g_free(reason->source);
    g_free(reason->destination);
    g_free(reason->detail);
    g_free(reason->text);
    g_free(reason);
}


static void
virshMigrationCandidateFree(virshMigrationCandidate *candidate)
{
    virNodeDeviceMigrationCandidateFree(candidate->candidate);
    g_ptr_array_unref(candidate->reasons);
    g_free(candidate);
}


static GPtrArray *
virshMigrationReasonsNew(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify) virshMigrationReasonFree);
}


static virshMigrationEntry *
virshMigrationEntryNew(void)
{
    virshMigrationEntry *entry = g_new0(virshMigrationEntry, 1);

    entry->candidates = g_ptr_array_new_with_free_func((GDestroyNotify) virshMigrationCandidateFree);
    entry->reasons = virshMigrationReasonsNew();
    entry->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
    entry->prediction = VIRSH_MIGRATION_PREDICTION_REFUSED;

    return entry;
}


static void
virshMigrationEntryFree(virshMigrationEntry *entry)
{
    if (!entry)
        return;

    g_ptr_array_unref(entry->candidates);
    g_ptr_array_unref(entry->reasons);
    virNodeDeviceDefFree(entry->sourceDef);
    virDevMigrationFree(entry->launched);
    g_free(entry->alias);
    g_free(entry->address);
    g_free(entry->target);
    g_free(entry->sourceName);
    g_free(entry->deviceAPI);
    g_free(entry->error);
    g_free(entry);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virshMigrationEntry, virshMigrationEntryFree);


static void
virshMigrationHostClear(virshMigrationHost *host)
{
    g_clear_pointer(&host->parents, g_ptr_array_unref);
    g_clear_pointer(&host->functions, g_ptr_array_unref);
    g_clear_pointer(&host->programs, g_ptr_array_unref);
    g_clear_pointer(&host->unread, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virshMigrationHost, virshMigrationHostClear);


static virshMigrationReason *
virshMigrationReasonAdd(GPtrArray *reasons,
                        virDevMigrationReasonKind kind,
                        virDevMigrationCode code,
                        const char *what)
{
    virshMigrationReason *reason = g_new0(virshMigrationReason, 1);

    reason->kind = kind;
    reason->code = code;
    reason->what = g_strdup(what);
    g_ptr_array_add(reasons, reason);

    return reason;
}


static void G_GNUC_PRINTF(5, 6)
virshMigrationReasonAddText(GPtrArray *reasons,
                            virDevMigrationReasonKind kind,
                            virDevMigrationCode code,
                            const char *what,
                            const char *fmt, ...)
{
    virshMigrationReason *reason = virshMigrationReasonAdd(reasons, kind, code, what);
    va_list ap;

    va_start(ap, fmt);
    reason->text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
}


/* All that was found: by the comparison, and what Prepare looks at besides */
static void
virshMigrationCandidateExplain(virshMigrationCandidate *candidate,
                               const virNodeDeviceMigrationSource *source)
{
    const virNodeDeviceMigrationCandidate *judged = candidate->candidate;
    const virMediatedDeviceType *type = judged->type;
    bool api = false;
    size_t i;

    for (i = 0; i < judged->comparison->reasons->len; i++) {
        const virDevMigrationReason *from = g_ptr_array_index(judged->comparison->reasons, i);
        virshMigrationReason *reason = virshMigrationReasonAdd(candidate->reasons,
                                                               from->kind, from->code,
                                                               from->what);

        reason->interface = virDevMigrationInterfaceTypeToString(from->interface);
        reason->source = g_strdup(from->source);
        reason->destination = g_strdup(from->destination);
        reason->detail = g_strdup(from->detail);
        reason->text = virDevMigrationReasonFormat(from);
        api = api || from->code == VIR_DEV_MIGRATION_CODE_DEVICE_API;
    }

    /* once is enough */
    if (!judged->apiFits && !api) {
        const char *other = type ? NULLSTR(type->device_api) : "vfio-pci";
        virshMigrationReason *reason =
            virshMigrationReasonAdd(candidate->reasons,
                                    VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_DEVICE_API, "device API");

        reason->source = g_strdup(source->deviceAPI);
        reason->destination = g_strdup(other);
        reason->text = g_strdup_printf(_("the source has device API '%1$s', the destination '%2$s'"),
                                       source->deviceAPI, other);
    }

    if (!judged->typeFits) {
        virshMigrationReasonAddText(candidate->reasons,
                                    VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_MDEV_TYPE, "mdev type",
                                    _("only a token is common to both, and the type is another one"));
    }

    if (type && type->available_instances == 0) {
        virshMigrationReasonAddText(candidate->reasons,
                                    VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_NO_INSTANCE, "free instances",
                                    _("no free instance of type '%1$s'"), type->id);
    }
}


/* @judged is taken over. */
static virshMigrationCandidate *
virshMigrationEntryAdd(virshMigrationEntry *entry,
                       virNodeDeviceMigrationCandidate *judged)
{
    virshMigrationCandidate *candidate = g_new0(virshMigrationCandidate, 1);

    candidate->candidate = judged;
    candidate->reasons = virshMigrationReasonsNew();
    candidate->verdict = judged->comparison->verdict;
    if (judged->type)
        candidate->available = judged->type->available_instances;
    virshMigrationCandidateExplain(candidate, &entry->source);

    if (!judged->apiFits || !judged->typeFits ||
        (judged->type && judged->type->available_instances == 0))
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;

    g_ptr_array_add(entry->candidates, candidate);
    return candidate;
}


static int
virshMigrationVerdictRank(virDevMigrationVerdict verdict)
{
    switch (verdict) {
    case VIR_DEV_MIGRATION_VERDICT_COMPATIBLE:
        return 0;
    case VIR_DEV_MIGRATION_VERDICT_UNCHECKED:
        return 1;
    case VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE:
    case VIR_DEV_MIGRATION_VERDICT_LAST:
        break;
    }

    return 2;
}


static int
virshMigrationCandidateSort(const void *a,
                            const void *b)
{
    const virshMigrationCandidate *aa = *(virshMigrationCandidate **) a;
    const virshMigrationCandidate *bb = *(virshMigrationCandidate **) b;

    return virshMigrationVerdictRank(aa->verdict) - virshMigrationVerdictRank(bb->verdict);
}


/* The devices that could not be considered; more would not be read */
#define SHOWN_UNREAD 16

static void
virshMigrationEntryAddUnread(virshMigrationEntry *entry,
                             GHashTable *unread)
{
    g_autofree virHashKeyValuePair *items = NULL;
    size_t n = 0;
    size_t i;

    if (!unread || !(items = virHashGetItems(unread, &n, true)))
        return;

    for (i = 0; i < n && i < SHOWN_UNREAD; i++) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_READABLE, items[i].key,
                                    _("node device '%1$s' could not be read: %2$s"),
                                    (const char *) items[i].key,
                                    (const char *) items[i].value);
    }

    if (n > SHOWN_UNREAD) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_READABLE, "node devices",
                                    _("%1$zu more node devices could not be read"),
                                    n - SHOWN_UNREAD);
    }
}


/* Would one have room for the device, if nobody used it? */
static bool
virshMigrationEntryIsFull(const virshMigrationEntry *entry)
{
    size_t i;

    for (i = 0; i < entry->candidates->len; i++) {
        const virshMigrationCandidate *candidate = g_ptr_array_index(entry->candidates, i);
        const virNodeDeviceMigrationCandidate *judged = candidate->candidate;

        if (judged->type && judged->type->available_instances == 0 &&
            judged->apiFits && judged->typeFits &&
            judged->comparison->verdict != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE)
            return true;
    }

    return false;
}


/* The best first, otherwise in the order in which Prepare tries them */
static void
virshMigrationEntryConclude(virshMigrationEntry *entry)
{
    const virshMigrationCandidate *best;

    if (entry->candidates->len == 0)
        return;

    g_ptr_array_sort(entry->candidates, virshMigrationCandidateSort);
    best = g_ptr_array_index(entry->candidates, 0);
    entry->verdict = best->verdict;
}


/* Node devices */


static virNodeDeviceDef *
virshMigrationParse(const char *xml)
{
    return virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL, NULL, NULL, false);
}


static int
virshMigrationDefSort(const void *a,
                      const void *b)
{
    return strcmp((*(virNodeDeviceDef **) a)->name, (*(virNodeDeviceDef **) b)->name);
}


/* Remembers why a device that is there cannot be considered: last error */
static void
virshMigrationHostAddUnread(virshMigrationHost *host,
                            const char *name)
{
    /* it may be gone by now */
    if (virGetLastErrorCode() != VIR_ERR_NO_NODE_DEVICE) {
        if (!host->unread)
            host->unread = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        g_hash_table_replace(host->unread, g_strdup(name),
                             g_strdup(virGetLastErrorMessage()));
    }

    vshResetLibvirtError();
}


static GPtrArray *
virshMigrationHostList(virshMigrationHost *host,
                       unsigned int flags)
{
    g_autoptr(GPtrArray) defs = NULL;
    virNodeDevicePtr *devs = NULL;
    size_t i;
    int n;

    defs = g_ptr_array_new_with_free_func((GDestroyNotify) virNodeDeviceDefFree);

    if ((n = virConnectListAllNodeDevices(host->conn, &devs, flags)) < 0)
        return NULL;

    for (i = 0; i < n; i++) {
        const char *name = virNodeDeviceGetName(devs[i]);
        g_autofree char *xml = virNodeDeviceGetXMLDesc(devs[i], 0);
        virNodeDeviceDef *def;

        if (xml && (def = virshMigrationParse(xml)))
            g_ptr_array_add(defs, def);
        else
            virshMigrationHostAddUnread(host, name);

        virshNodeDeviceFree(devs[i]);
    }
    g_free(devs);

    if (virConnectIsAlive(host->conn) == 0)
        return NULL;
    vshResetLibvirtError();

    g_ptr_array_sort(defs, virshMigrationDefSort);
    return g_steal_pointer(&defs);
}


static int
virshMigrationHostListParents(virshMigrationHost *host)
{
    if (!host->parents &&
        !(host->parents = virshMigrationHostList(host,
                                                 VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES)))
        return -1;

    return 0;
}


/* Libvirt that knows nothing of what devices publish refuses to filter by it.
 * It does not send it, and does not compare it either. */
static void
virshMigrationHostProbe(virshMigrationHost *host)
{
    if (virConnectListAllNodeDevices(host->conn, NULL,
                                     VIR_CONNECT_LIST_NODE_DEVICES_CAP_MIGRATION) >= 0)
        return;

    host->isOld = virGetLastErrorCode() == VIR_ERR_INVALID_ARG;
    vshResetLibvirtError();
}


static int
virshMigrationHostListFunctions(virshMigrationHost *host)
{
    size_t i = 0;

    if (host->functions)
        return 0;

    virshMigrationHostProbe(host);
    if (host->isOld) {
        host->functions = g_ptr_array_new();
        return 0;
    }

    if (!(host->functions = virshMigrationHostList(host,
                                                   VIR_CONNECT_LIST_NODE_DEVICES_CAP_MIGRATION)))
        return -1;

    while (i < host->functions->len) {
        const virNodeDeviceDef *def = g_ptr_array_index(host->functions, i);

        if (def->caps->data.type == VIR_NODE_DEV_CAP_PCI_DEV &&
            virNodeDeviceMigrationCandidateGetMigration(def))
            i++;
        else
            g_ptr_array_remove_index(host->functions, i);
    }

    return 0;
}


/* Libvirt that knows of no programs has none. */
static int
virshMigrationHostListPrograms(virshMigrationHost *host)
{
    if (host->programs)
        return 0;

    if ((host->programs = virshMigrationHostList(host,
                                                 VIR_CONNECT_LIST_NODE_DEVICES_CAP_VFIO_USER)))
        return 0;

    if (virGetLastErrorCode() != VIR_ERR_INVALID_ARG)
        return -1;

    vshResetLibvirtError();
    host->programs = g_ptr_array_new();
    return 0;
}


static virNodeDeviceDef *
virshMigrationHostLookup(virshMigrationHost *host,
                         const char *name,
                         unsigned int flags)
{
    g_autoptr(virshNodeDevice) dev = virNodeDeviceLookupByName(host->conn, name);
    g_autofree char *xml = NULL;

    if (!dev || !(xml = virNodeDeviceGetXMLDesc(dev, flags)))
        return NULL;

    return virshMigrationParse(xml);
}


/* Returns "TEXT: why" of the last error, to be freed by the caller. */
static char *
virshMigrationFailure(const char *text)
{
    char *message = g_strdup_printf("%s: %s", text, virGetLastErrorMessage());

    vshResetLibvirtError();
    return message;
}


/* Nobody but who launched a program knows with what. */
static int
virshMigrationEntrySetProgram(virshMigrationEntry *entry,
                              const virshMigrationLaunch *launch)
{
    static const virshMigrationLaunch none;

    if (!launch)
        launch = &none;

    entry->source.program = true;
    if (!entry->source.deviceAPI)
        entry->source.deviceAPI = "vfio-pci";

    if (virDevMigrationLaunched(entry->source.migration, launch->model, launch->version,
                                launch->params, &entry->launched) < 0) {
        g_autofree char *text = g_strdup_printf(_("cannot compare program '%1$s'"),
                                                entry->sourceDef->name);

        entry->error = virshMigrationFailure(text);
        return -1;
    }

    entry->source.migration = entry->launched;
    return 0;
}


/* Sets what is known of the source's device. Takes @def over. @launch is of a
 * program, NULL if it is launched with nothing. */
static int
virshMigrationEntrySetSource(virshMigrationEntry *entry,
                             virNodeDeviceDef *def,
                             const virshMigrationLaunch *launch)
{
    const virNodeDevCapData *data = &def->caps->data;
    const virDevMigration *migration = virNodeDeviceMigrationCandidateGetMigration(def);
    const virDevMigrationField *field;

    entry->sourceDef = def;
    entry->source.migration = migration;
    g_free(entry->sourceName);
    entry->sourceName = g_strdup(def->name);

    /* the guest knows best */
    entry->source.deviceAPI = entry->deviceAPI;

    if (!entry->source.deviceAPI && migration && migration->attributes)
        entry->source.deviceAPI = migration->attributes->deviceAPI;

    if (!entry->source.deviceAPI &&
        migration && migration->description && migration->description->self &&
        (field = virDevMigrationObjectFindField(migration->description->self,
                                                VIR_DEV_MIGRATION_FIELD_DEVICE_API, NULL)))
        entry->source.deviceAPI = field->value;

    if (data->type == VIR_NODE_DEV_CAP_MDEV) {
        entry->source.mdevType = data->mdev.defined_config.type;
        return 0;
    }

    if (data->type == VIR_NODE_DEV_CAP_PCI_DEV) {
        if (!entry->source.deviceAPI)
            entry->source.deviceAPI = "vfio-pci";
        return 0;
    }

    if (data->type == VIR_NODE_DEV_CAP_VFIO_USER)
        return virshMigrationEntrySetProgram(entry, launch);

    entry->error = g_strdup_printf(_("node device '%1$s' is neither a mediated device nor a PCI function nor a vfio-user program"),
                                   def->name);
    return -1;
}


/* Adds the types that @parents offer: all, or those that publish something
 * that the source publishes, too. */
static void
virshMigrationEntryAddTypes(virshMigrationEntry *entry,
                            GPtrArray *parents,
                            bool all)
{
    g_autoptr(GPtrArray) types = virNodeDeviceMigrationCandidatesOfTypes(&entry->source,
                                                                         parents);
    size_t i;

    for (i = 0; i < types->len; i++) {
        virNodeDeviceMigrationCandidate *judged = g_ptr_array_index(types, i);

        if (all || judged->common) {
            virshMigrationEntryAdd(entry, judged);
            g_ptr_array_index(types, i) = NULL;
        }
    }
}


/* Likewise @devices themselves */
static void
virshMigrationEntryAddDevices(virshMigrationEntry *entry,
                              GPtrArray *devices,
                              bool all)
{
    size_t i;

    for (i = 0; i < devices->len; i++) {
        const virNodeDeviceDef *device = g_ptr_array_index(devices, i);
        g_autoptr(virNodeDeviceMigrationCandidate) judged =
            virNodeDeviceMigrationCandidateNew(&entry->source, device, NULL);

        if (all || judged->common)
            virshMigrationEntryAdd(entry, g_steal_pointer(&judged));
    }
}


/* Formatting */


static virJSONValue *
virshMigrationReasonsToJSON(GPtrArray *reasons)
{
    virJSONValue *array = virJSONValueNewArray();
    size_t i;

    for (i = 0; i < reasons->len; i++) {
        const virshMigrationReason *reason = g_ptr_array_index(reasons, i);
        g_autoptr(virJSONValue) object = NULL;

        ignore_value(virJSONValueObjectAdd(&object,
                                           "s:kind", virshMigrationReasonKindTypeToString(reason->kind),
                                           "S:interface", reason->interface,
                                           "s:code", virDevMigrationCodeTypeToString(reason->code),
                                           "s:what", reason->what,
                                           "S:source", reason->source,
                                           "S:destination", reason->destination,
                                           "S:detail", reason->detail,
                                           "s:text", reason->text,
                                           NULL));
        ignore_value(virJSONValueArrayAppend(array, &object));
    }

    return array;
}


static const char *
virshMigrationCandidateKind(const virNodeDeviceMigrationCandidate *candidate)
{
    if (candidate->type)
        return "type";

    if (candidate->device->caps->data.type == VIR_NODE_DEV_CAP_VFIO_USER)
        return "program";

    return candidate->device->caps->data.type == VIR_NODE_DEV_CAP_PCI_DEV ? "function" : "device";
}


static const char *
virshMigrationCandidateType(const virNodeDeviceMigrationCandidate *candidate)
{
    if (candidate->type)
        return candidate->type->id;

    if (candidate->device->caps->data.type == VIR_NODE_DEV_CAP_MDEV)
        return candidate->device->caps->data.mdev.defined_config.type;

    return NULL;
}


static virJSONValue *
virshMigrationCandidateToJSON(const virshMigrationCandidate *candidate)
{
    const virNodeDeviceMigrationCandidate *judged = candidate->candidate;
    virJSONValue *object = NULL;
    g_autoptr(virJSONValue) reasons = virshMigrationReasonsToJSON(candidate->reasons);
    g_autoptr(virJSONValue) settings = virJSONValueNewArray();
    size_t i;

    for (i = 0; i < judged->comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(judged->comparison->settings, i);
        g_autoptr(virJSONValue) pair = NULL;

        ignore_value(virJSONValueObjectAdd(&pair, "s:name", setting->name,
                                           "s:value", setting->value, NULL));
        ignore_value(virJSONValueArrayAppend(settings, &pair));
    }

    ignore_value(virJSONValueObjectAdd(&object,
                                       "s:verdict", virDevMigrationVerdictTypeToString(candidate->verdict),
                                       "s:kind", virshMigrationCandidateKind(judged),
                                       "s:device", judged->device->name,
                                       "S:type", virshMigrationCandidateType(judged),
                                       NULL));
    if (judged->type) {
        ignore_value(virJSONValueObjectAdd(&object,
                                           "S:deviceAPI", judged->type->device_api,
                                           "u:availableInstances", candidate->available,
                                           NULL));
    }
    ignore_value(virJSONValueObjectAdd(&object, "S:model", judged->comparison->model,
                                       "a:settings", &settings,
                                       "a:reasons", &reasons, NULL));

    return object;
}


static const char *
virshMigrationEntryResult(const virshMigrationEntry *entry)
{
    if (entry->error)
        return "error";

    return virDevMigrationVerdictTypeToString(entry->verdict);
}


static void
virshMigrationEntryToJSON(const virshMigrationEntry *entry,
                          virJSONValue **object)
{
    g_autoptr(virJSONValue) candidates = virJSONValueNewArray();
    g_autoptr(virJSONValue) reasons = virshMigrationReasonsToJSON(entry->reasons);
    g_autoptr(virJSONValue) source = NULL;
    size_t i;

    ignore_value(virJSONValueObjectAdd(object, "s:result", virshMigrationEntryResult(entry),
                                       "S:message", entry->error, NULL));

    if (entry->sourceName) {
        ignore_value(virJSONValueObjectAdd(&source,
                                           "s:device", entry->sourceName,
                                           "S:type", entry->source.mdevType,
                                           "S:deviceAPI", entry->source.deviceAPI,
                                           NULL));
        ignore_value(virJSONValueObjectAdd(object, "a:source", &source, NULL));
    }

    if (entry->error)
        return;

    for (i = 0; i < entry->candidates->len; i++) {
        g_autoptr(virJSONValue) candidate =
            virshMigrationCandidateToJSON(g_ptr_array_index(entry->candidates, i));

        ignore_value(virJSONValueArrayAppend(candidates, &candidate));
    }

    ignore_value(virJSONValueObjectAdd(object, "a:reasons", &reasons,
                                       "a:candidates", &candidates, NULL));
}


static void
virshMigrationReasonsToXML(virBuffer *buf,
                           GPtrArray *reasons)
{
    size_t i;

    for (i = 0; i < reasons->len; i++) {
        const virshMigrationReason *reason = g_ptr_array_index(reasons, i);

        virBufferAsprintf(buf, "<reason kind='%s'",
                          virshMigrationReasonKindTypeToString(reason->kind));
        virBufferEscapeString(buf, " interface='%s'", reason->interface);
        virBufferAsprintf(buf, " code='%s'>\n",
                          virDevMigrationCodeTypeToString(reason->code));
        virBufferAdjustIndent(buf, 2);
        virBufferEscapeString(buf, "<what>%s</what>\n", reason->what);
        virBufferEscapeString(buf, "<source>%s</source>\n", reason->source);
        virBufferEscapeString(buf, "<destination>%s</destination>\n", reason->destination);
        virBufferEscapeString(buf, "<detail>%s</detail>\n", reason->detail);
        virBufferEscapeString(buf, "<text>%s</text>\n", reason->text);
        virBufferAdjustIndent(buf, -2);
        virBufferAddLit(buf, "</reason>\n");
    }
}


static void
virshMigrationCandidateToXML(virBuffer *buf,
                             const virshMigrationCandidate *candidate)
{
    const virNodeDeviceMigrationCandidate *judged = candidate->candidate;
    size_t i;

    virBufferAsprintf(buf, "<candidate verdict='%s' kind='%s'>\n",
                      virDevMigrationVerdictTypeToString(candidate->verdict),
                      virshMigrationCandidateKind(judged));
    virBufferAdjustIndent(buf, 2);
    virBufferEscapeString(buf, "<device>%s</device>\n", judged->device->name);
    virBufferEscapeString(buf, "<type>%s</type>\n", virshMigrationCandidateType(judged));
    if (judged->type) {
        virBufferEscapeString(buf, "<deviceAPI>%s</deviceAPI>\n", judged->type->device_api);
        virBufferAsprintf(buf, "<availableInstances>%u</availableInstances>\n",
                          candidate->available);
    }
    virBufferEscapeString(buf, "<model>%s</model>\n", judged->comparison->model);

    for (i = 0; i < judged->comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(judged->comparison->settings, i);

        virBufferEscapeString(buf, "<setting name='%s'", setting->name);
        virBufferEscapeString(buf, " value='%s'/>\n", setting->value);
    }

    virshMigrationReasonsToXML(buf, candidate->reasons);
    virBufferAdjustIndent(buf, -2);
    virBufferAddLit(buf, "</candidate>\n");
}


static void
virshMigrationEntryToXML(virBuffer *buf,
                         const virshMigrationEntry *entry)
{
    size_t i;

    if (entry->error)
        virBufferEscapeString(buf, "<message>%s</message>\n", entry->error);

    if (entry->sourceName) {
        virBufferEscapeString(buf, "<source device='%s'", entry->sourceName);
        virBufferEscapeString(buf, " type='%s'", entry->source.mdevType);
        virBufferEscapeString(buf, " deviceAPI='%s'", entry->source.deviceAPI);
        virBufferAddLit(buf, "/>\n");
    }

    if (entry->error)
        return;

    virshMigrationReasonsToXML(buf, entry->reasons);
    for (i = 0; i < entry->candidates->len; i++)
        virshMigrationCandidateToXML(buf, g_ptr_array_index(entry->candidates, i));
}


static void
virshMigrationPrintReasons(vshControl *ctl,
                           GPtrArray *reasons)
{
    size_t i;

    for (i = 0; i < reasons->len; i++) {
        const virshMigrationReason *reason = g_ptr_array_index(reasons, i);
        const char *kind = virshMigrationReasonKindTypeToString(reason->kind);

        if (reason->interface)
            vshPrint(ctl, "  %s (%s): %s\n", kind, reason->interface, reason->text);
        else
            vshPrint(ctl, "  %s: %s\n", kind, reason->text);
    }
}


/* Where a device has a place, people do not care where it has none. */
static bool
virshMigrationIsShown(const virshMigrationCandidate *candidate,
                      bool brief)
{
    return !brief || candidate->verdict != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
}


static int
virshMigrationPrintTable(vshControl *ctl,
                         const virshMigrationEntry *entry,
                         bool brief)
{
    g_autoptr(vshTable) table = NULL;
    size_t i;

    if (!(table = vshTableNew(_("Verdict"), _("Device"), _("Type"), _("Free"), NULL)))
        return -1;

    for (i = 0; i < entry->candidates->len; i++) {
        const virshMigrationCandidate *candidate = g_ptr_array_index(entry->candidates, i);
        const virNodeDeviceMigrationCandidate *judged = candidate->candidate;
        const char *type = virshMigrationCandidateType(judged);
        g_autofree char *available = NULL;

        if (!virshMigrationIsShown(candidate, brief))
            continue;

        if (judged->type)
            available = g_strdup_printf("%u", candidate->available);

        if (vshTableRowAppend(table,
                              virDevMigrationVerdictTypeToString(candidate->verdict),
                              judged->device->name,
                              type ? type : "-",
                              available ? available : "-",
                              NULL) < 0)
            return -1;
    }

    vshTablePrintToStdout(table, ctl);
    return 0;
}


static int
virshMigrationEntryPrint(vshControl *ctl,
                         const virshMigrationEntry *entry,
                         bool brief)
{
    size_t i;
    size_t j;

    /* the error itself goes elsewhere */
    if (entry->error)
        return 0;

    if (entry->candidates->len > 0 &&
        virshMigrationPrintTable(ctl, entry, brief) < 0)
        return -1;

    virshMigrationPrintReasons(ctl, entry->reasons);

    for (i = 0; i < entry->candidates->len; i++) {
        const virshMigrationCandidate *candidate = g_ptr_array_index(entry->candidates, i);
        const virNodeDeviceMigrationCandidate *judged = candidate->candidate;
        GPtrArray *settings = judged->comparison->settings;

        if (!virshMigrationIsShown(candidate, brief) ||
            (settings->len == 0 && candidate->reasons->len == 0 &&
             !judged->comparison->model))
            continue;

        if (judged->type)
            vshPrint(ctl, "\n%s %s:\n", judged->device->name, judged->type->id);
        else
            vshPrint(ctl, "\n%s:\n", judged->device->name);

        if (judged->comparison->model)
            vshPrint(ctl, _("  model: %1$s\n"), judged->comparison->model);

        for (j = 0; j < settings->len; j++) {
            const virDevMigrationSetting *setting = g_ptr_array_index(settings, j);

            vshPrint(ctl, _("  set: %1$s=%2$s\n"), setting->name, setting->value);
        }

        virshMigrationPrintReasons(ctl, candidate->reasons);
    }

    return 0;
}


static int
virshMigrationPrintJSON(vshControl *ctl,
                        virJSONValue *object)
{
    g_autofree char *text = virJSONValueToString(object, true);

    if (!text) {
        vshError(ctl, "%s", _("Failed to format the result"));
        return -1;
    }

    vshPrint(ctl, "%s", text);
    return 0;
}


static int
virshMigrationGetFormat(vshControl *ctl,
                        const vshCmd *cmd,
                        virshMigrationFormat *format)
{
    const char *text = NULL;
    int value;

    *format = VIRSH_MIGRATION_FORMAT_TABLE;

    if (vshCommandOptString(ctl, cmd, "format", &text) < 0)
        return -1;

    if (!text)
        return 0;

    if ((value = virshMigrationFormatTypeFromString(text)) < 0) {
        vshError(ctl, _("Unknown format '%1$s', expecting 'table', 'json' or 'xml'"), text);
        return -1;
    }

    *format = value;
    return 0;
}


/*
 * "nodedev-migration-compare" command
 */
const vshCmdInfo info_node_device_migration_compare = {
    .help = N_("where a device of another host could migrate to"),
    .desc = N_("Compares what a mediated device, a PCI function or a vfio-user "
               "program of another host publishes about its migration with the "
               "devices and programs of this host."),
};

const vshCmdOptDef opts_node_device_migration_compare[] = {
    VIRSH_COMMON_OPT_FILE(N_("file containing an XML description "
                             "of the device on the source host")),
    {.name = "parent",
     .type = VSH_OT_STRING,
     .unwanted_positional = true,
     .completer = virshMigrationParentCompleter,
     .help = N_("consider only what this device offers")
    },
    {.name = "device",
     .type = VSH_OT_STRING,
     .unwanted_positional = true,
     .completer = virshMigrationDeviceCompleter,
     .help = N_("consider only this mediated device, PCI function or vfio-user program")
    },
    {.name = "format",
     .type = VSH_OT_STRING,
     .unwanted_positional = true,
     .completer = virshMigrationFormatCompleter,
     .help = N_("output format: table, json or xml")
    },
    {.name = NULL}
};


static int
virshMigrationCompareOne(virshMigrationEntry *entry,
                         virshMigrationHost *host,
                         GPtrArray *only,
                         const char *name)
{
    g_autofree char *text = g_strdup_printf(_("cannot use node device '%1$s'"), name);
    virNodeDeviceDef *def;

    if (!(def = virshMigrationHostLookup(host, name, 0))) {
        entry->error = virshMigrationFailure(text);
        return -1;
    }

    g_ptr_array_add(only, def);
    return 0;
}


static int
virshMigrationCompare(virshMigrationEntry *entry,
                      virshMigrationHost *host,
                      GPtrArray *only,
                      const char *file,
                      const char *parent,
                      const char *device)
{
    g_autofree char *xml = NULL;
    virNodeDeviceDef *def;

    if (virFileReadAll(file, VSH_MAX_XML_FILE, &xml) < 0 ||
        !(def = virshMigrationParse(xml))) {
        g_autofree char *text = g_strdup_printf(_("cannot use file '%1$s'"), file);

        entry->error = virshMigrationFailure(text);
        return -1;
    }

    if (virshMigrationEntrySetSource(entry, def, NULL) < 0)
        return -1;

    if (entry->launched) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_PLAIN, "program",
                                    _("the program is compared as if launched without a model, version or parameters"));
    }

    if (parent) {
        if (virshMigrationCompareOne(entry, host, only, parent) < 0)
            return -1;

        virshMigrationEntryAddTypes(entry, only, true);
        if (entry->candidates->len == 0) {
            entry->error = g_strdup_printf(_("node device '%1$s' offers no types of mediated devices"),
                                           parent);
            return -1;
        }
    } else if (device) {
        if (virshMigrationCompareOne(entry, host, only, device) < 0)
            return -1;

        def = g_ptr_array_index(only, 0);
        if (def->caps->data.type != VIR_NODE_DEV_CAP_MDEV &&
            def->caps->data.type != VIR_NODE_DEV_CAP_PCI_DEV &&
            def->caps->data.type != VIR_NODE_DEV_CAP_VFIO_USER) {
            entry->error = g_strdup_printf(_("node device '%1$s' is neither a mediated device nor a PCI function nor a vfio-user program"),
                                           device);
            return -1;
        }

        virshMigrationEntryAddDevices(entry, only, true);
    } else {
        virNodeDevCapType kind = entry->sourceDef->caps->data.type;

        if (virshMigrationHostListParents(host) < 0 ||
            virshMigrationHostListFunctions(host) < 0 ||
            virshMigrationHostListPrograms(host) < 0) {
            entry->error = virshMigrationFailure(_("cannot list node devices"));
            return -1;
        }

        if (host->isOld) {
            virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                        VIR_DEV_MIGRATION_CODE_OLD_LIBVIRT, "version of libvirt",
                                        _("the libvirt of this host does not know what devices publish"));
        }

        /* those of its own kind first */
        if (kind == VIR_NODE_DEV_CAP_PCI_DEV)
            virshMigrationEntryAddDevices(entry, host->functions, true);
        if (kind == VIR_NODE_DEV_CAP_VFIO_USER)
            virshMigrationEntryAddDevices(entry, host->programs, true);

        virshMigrationEntryAddTypes(entry, host->parents, kind == VIR_NODE_DEV_CAP_MDEV);

        if (kind != VIR_NODE_DEV_CAP_PCI_DEV)
            virshMigrationEntryAddDevices(entry, host->functions, false);
        if (kind != VIR_NODE_DEV_CAP_VFIO_USER)
            virshMigrationEntryAddDevices(entry, host->programs, false);

        virshMigrationEntryAddUnread(entry, host->unread);
    }

    virshMigrationEntryConclude(entry);
    return 0;
}


bool
cmdNodeDeviceMigrationCompare(vshControl *ctl,
                              const vshCmd *cmd)
{
    virshControl *priv = ctl->privData;
    g_auto(virshMigrationHost) host = { .conn = priv->conn };
    g_autoptr(GPtrArray) only =
        g_ptr_array_new_with_free_func((GDestroyNotify) virNodeDeviceDefFree);
    g_autoptr(virshMigrationEntry) entry = virshMigrationEntryNew();
    g_autoptr(virJSONValue) object = NULL;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    virshMigrationFormat format;
    const char *file = NULL;
    const char *parent = NULL;
    const char *device = NULL;

    VSH_EXCLUSIVE_OPTIONS("parent", "device");

    if (vshCommandOptString(ctl, cmd, "file", &file) < 0 ||
        vshCommandOptString(ctl, cmd, "parent", &parent) < 0 ||
        vshCommandOptString(ctl, cmd, "device", &device) < 0 ||
        virshMigrationGetFormat(ctl, cmd, &format) < 0)
        return false;

    if (virshMigrationCompare(entry, &host, only, file, parent, device) < 0)
        vshError(ctl, "%s", entry->error);

    switch (format) {
    case VIRSH_MIGRATION_FORMAT_JSON:
        virshMigrationEntryToJSON(entry, &object);
        if (virshMigrationPrintJSON(ctl, object) < 0)
            return false;
        break;

    case VIRSH_MIGRATION_FORMAT_XML:
        virBufferAsprintf(&buf, "<migrationComparison result='%s'>\n",
                          virshMigrationEntryResult(entry));
        virBufferAdjustIndent(&buf, 2);
        virshMigrationEntryToXML(&buf, entry);
        virBufferAdjustIndent(&buf, -2);
        virBufferAddLit(&buf, "</migrationComparison>\n");
        vshPrint(ctl, "%s", virBufferCurrentContent(&buf));
        break;

    case VIRSH_MIGRATION_FORMAT_TABLE:
    case VIRSH_MIGRATION_FORMAT_LAST:
        if (virshMigrationEntryPrint(ctl, entry, false) < 0)
            return false;
        if (!entry->error) {
            vshPrint(ctl, _("\nResult for '%1$s': %2$s\n"), entry->sourceName,
                     virshMigrationEntryResult(entry));
        }
        break;
    }

    return !entry->error && entry->verdict == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;
}


/*
 * "migrate --preflight"
 */

/* A host device in the XML of a domain */
typedef struct _virshMigrationHostdev virshMigrationHostdev;
struct _virshMigrationHostdev {
    char *alias;
    char *address;              /* in the guest; NULL: none yet */
    char *uuid;                 /* of a mediated device, or NULL */
    char *model;                /* likewise */
    char *name;                 /* node device of a PCI function, or NULL */
    char *binary;               /* of a vfio-user program, or NULL */
    char *socket;               /* of one that somebody else launches, or NULL */
    virshMigrationLaunch launch;
    bool managed;               /* it gets its VFIO driver from libvirt */
};

typedef struct _virshMigrationPreflightData virshMigrationPreflightData;
struct _virshMigrationPreflightData {
    virshMigrationHost source;
    virshMigrationHost destination;
    char *domain;
    bool unsafe;
    GPtrArray *entries;         /* virshMigrationEntry */
    GPtrArray *defs;            /* virNodeDeviceDef, what candidates refer to */
    char *error;                /* nothing could be compared */
};


static void
virshMigrationParamFree(virDevMigrationResource *param)
{
    g_free(param->name);
    g_free(param->value);
    g_free(param);
}


static void
virshMigrationHostdevFree(virshMigrationHostdev *hostdev)
{
    g_free(hostdev->alias);
    g_free(hostdev->address);
    g_free(hostdev->uuid);
    g_free(hostdev->model);
    g_free(hostdev->name);
    g_free(hostdev->binary);
    g_free(hostdev->socket);
    g_free(hostdev->launch.model);
    g_free(hostdev->launch.version);
    if (hostdev->launch.params)
        g_ptr_array_unref(hostdev->launch.params);
    g_free(hostdev);
}


static void
virshMigrationPreflightDataClear(virshMigrationPreflightData *data)
{
    g_clear_pointer(&data->entries, g_ptr_array_unref);
    g_clear_pointer(&data->defs, g_ptr_array_unref);
    virshMigrationHostClear(&data->source);
    virshMigrationHostClear(&data->destination);
    if (data->destination.conn)
        virConnectClose(data->destination.conn);
    g_clear_pointer(&data->domain, g_free);
    g_clear_pointer(&data->error, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virshMigrationPreflightData,
                                 virshMigrationPreflightDataClear);


static bool
virshMigrationGetNumber(xmlXPathContextPtr ctxt,
                        const char *xpath,
                        unsigned int *number)
{
    g_autofree char *text = virXPathString(xpath, ctxt);

    *number = 0;
    return !text || virStrToLong_uip(text, NULL, 0, number) == 0;
}


/* Returns the address that the device has in the guest, NULL if none. */
static char *
virshMigrationGetGuestAddress(xmlXPathContextPtr ctxt)
{
    g_autofree char *type = virXPathString("string(./address/@type)", ctxt);
    unsigned int a;
    unsigned int b;
    unsigned int c;
    unsigned int d;

    if (STREQ_NULLABLE(type, "pci") &&
        virshMigrationGetNumber(ctxt, "string(./address/@domain)", &a) &&
        virshMigrationGetNumber(ctxt, "string(./address/@bus)", &b) &&
        virshMigrationGetNumber(ctxt, "string(./address/@slot)", &c) &&
        virshMigrationGetNumber(ctxt, "string(./address/@function)", &d))
        return g_strdup_printf("%04x:%02x:%02x.%x", a, b, c, d);

    if (STREQ_NULLABLE(type, "ccw") &&
        virshMigrationGetNumber(ctxt, "string(./address/@cssid)", &a) &&
        virshMigrationGetNumber(ctxt, "string(./address/@ssid)", &b) &&
        virshMigrationGetNumber(ctxt, "string(./address/@devno)", &c))
        return g_strdup_printf("%x.%x.%04x", a, b, c);

    return NULL;
}


static char *
virshMigrationGetUUID(xmlXPathContextPtr ctxt)
{
    g_autofree char *text = virXPathString("string(./source/address/@uuid)", ctxt);
    char formatted[VIR_UUID_STRING_BUFLEN];
    unsigned char uuid[VIR_UUID_BUFLEN];

    if (!text || virUUIDParse(text, uuid) < 0)
        return NULL;

    return g_strdup(virUUIDFormat(uuid, formatted));
}


static int
virshMigrationGetProgram(xmlXPathContextPtr ctxt,
                         virshMigrationHostdev *hostdev)
{
    GPtrArray *params = g_ptr_array_new_with_free_func((GDestroyNotify) virshMigrationParamFree);
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    hostdev->launch.params = params;
    hostdev->binary = virXPathString("string(./source/binary/@path)", ctxt);
    if (!hostdev->binary)
        hostdev->socket = virXPathString("string(./source/socket/@path)", ctxt);

    hostdev->launch.model = virXPathString("string(./source/migration/@model)", ctxt);
    hostdev->launch.version = virXPathString("string(./source/migration/@version)", ctxt);

    if ((n = virXPathNodeSet("./source/migration/param", ctxt, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        virDevMigrationResource *param = g_new0(virDevMigrationResource, 1);

        g_ptr_array_add(params, param);
        if (!(param->name = virXMLPropStringRequired(nodes[i], "name")) ||
            !(param->value = virXMLPropStringRequired(nodes[i], "value")))
            return -1;
    }

    return 0;
}


/* Returns the assigned devices that a domain has, NULL with an error reported
 * if @xml is bad. Functions that the guest gives back before it leaves, or that
 * it does not see, are not judged. */
static GPtrArray *
virshMigrationGetHostdevs(const char *xml)
{
    g_autoptr(GPtrArray) hostdevs =
        g_ptr_array_new_with_free_func((GDestroyNotify) virshMigrationHostdevFree);
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if (!(doc = virXMLParse(NULL, xml, _("(domain_definition)"), "domain",
                            &ctxt, NULL, false)))
        return NULL;

    if ((n = virXPathNodeSet("./devices/hostdev[not(@mode) or @mode='subsystem']"
                             "[@type='mdev' or @type='vfio-user'] | "
                             "./devices/*[(self::hostdev[not(@mode) or @mode='subsystem'] and @type='pci') or "
                             "            (self::interface and @type='hostdev')]"
                             "[not(./address/@type) or ./address/@type='pci']"
                             "[not(./teaming/@type='transient')]", ctxt, &nodes)) < 0)
        return NULL;

    for (i = 0; i < n; i++) {
        virshMigrationHostdev *hostdev = g_new0(virshMigrationHostdev, 1);
        g_autofree char *type = NULL;
        unsigned int domain;
        unsigned int bus;
        unsigned int slot;
        unsigned int function;

        g_ptr_array_add(hostdevs, hostdev);
        ctxt->node = nodes[i];
        hostdev->alias = virXPathString("string(./alias/@name)", ctxt);
        hostdev->address = virshMigrationGetGuestAddress(ctxt);

        type = virXMLPropString(nodes[i], "type");
        if (STREQ_NULLABLE(type, "mdev")) {
            hostdev->uuid = virshMigrationGetUUID(ctxt);
            hostdev->model = virXMLPropString(nodes[i], "model");
        } else if (STREQ_NULLABLE(type, "vfio-user")) {
            if (virshMigrationGetProgram(ctxt, hostdev) < 0)
                return NULL;
        } else if (virshMigrationGetNumber(ctxt, "string(./source/address/@domain)", &domain) &&
                   virshMigrationGetNumber(ctxt, "string(./source/address/@bus)", &bus) &&
                   virshMigrationGetNumber(ctxt, "string(./source/address/@slot)", &slot) &&
                   virshMigrationGetNumber(ctxt, "string(./source/address/@function)", &function)) {
            g_autofree char *managed = virXMLPropString(nodes[i], "managed");

            hostdev->name = g_strdup_printf("pci_%04x_%02x_%02x_%x",
                                            domain, bus, slot, function);
            hostdev->managed = STREQ_NULLABLE(managed, "yes");
        }

        if (!hostdev->uuid && !hostdev->name && !hostdev->binary && !hostdev->socket) {
            virReportError(VIR_ERR_XML_ERROR,
                           _("assigned device '%1$s' has no valid address on the host"),
                           NULLSTR(hostdev->alias));
            return NULL;
        }
    }

    return g_steal_pointer(&hostdevs);
}


/* The device of the destination's guest that has the same place in the guest */
static const virshMigrationHostdev *
virshMigrationFindHostdev(GPtrArray *hostdevs,
                          GPtrArray *targets,
                          size_t which)
{
    const virshMigrationHostdev *hostdev = g_ptr_array_index(hostdevs, which);
    size_t i;

    /* nobody has given addresses: the order tells them apart */
    if (!hostdev->address)
        return which < targets->len ? g_ptr_array_index(targets, which) : NULL;

    for (i = 0; i < targets->len; i++) {
        const virshMigrationHostdev *target = g_ptr_array_index(targets, i);

        if (STREQ_NULLABLE(target->address, hostdev->address))
            return target;
    }

    return NULL;
}


/* Returns the network that the function comes from, NULL if it is assigned by
 * its address. The XML of a running domain shows what the network has given. */
static char *
virshMigrationFindNetwork(const virshMigrationHostdev *hostdev,
                          const char *xml)
{
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if (!xml || !hostdev->name || !hostdev->address)
        return NULL;

    if (!(doc = virXMLParse(NULL, xml, _("(domain_definition)"), "domain",
                            &ctxt, NULL, false)) ||
        (n = virXPathNodeSet("./devices/interface[@type='network']", ctxt, &nodes)) < 0) {
        vshResetLibvirtError();
        return NULL;
    }

    for (i = 0; i < n; i++) {
        g_autofree char *address = NULL;

        ctxt->node = nodes[i];
        address = virshMigrationGetGuestAddress(ctxt);
        if (STREQ_NULLABLE(address, hostdev->address))
            return virXPathString("string(./source/@network)", ctxt);
    }

    return NULL;
}


/* Finds a mediated device, an active one if there is one. Returns 0 and NULL
 * if it does not exist, -1 on failure with an error reported. */
static int
virshMigrationFindMdev(virshMigrationHost *host,
                       const char *uuid,
                       virNodeDeviceDef **ret_def,
                       bool *active)
{
    g_autofree char *prefix = g_strdup_printf("mdev_%s", uuid);
    virNodeDevicePtr *devs = NULL;
    size_t len = strlen(prefix);
    int ret = 0;
    size_t i;
    int n;

    g_strdelimit(prefix, "-", '_');

    if ((n = virConnectListAllNodeDevices(host->conn, &devs,
                                          VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        const char *name = virNodeDeviceGetName(devs[i]);

        if (ret == 0 && STRPREFIX(name, prefix) &&
            (name[len] == '\0' || name[len] == '_')) {
            /* libvirt that does not know this lists nothing else */
            bool isActive = virNodeDeviceIsActive(devs[i]) != 0;
            g_autofree char *xml = NULL;

            if (!*ret_def || isActive) {
                g_clear_pointer(ret_def, virNodeDeviceDefFree);
                *active = isActive;
                if (!(xml = virNodeDeviceGetXMLDesc(devs[i], 0)) ||
                    !(*ret_def = virshMigrationParse(xml)))
                    ret = -1;
            }
        }

        virshNodeDeviceFree(devs[i]);
    }
    g_free(devs);

    return ret;
}


static int
virshMigrationFindFunction(virshMigrationHost *host,
                           const char *name,
                           virNodeDeviceDef **ret_def)
{
    if ((*ret_def = virshMigrationHostLookup(host, name, 0)))
        return 0;

    if (virGetLastErrorCode() != VIR_ERR_NO_NODE_DEVICE)
        return -1;

    vshResetLibvirtError();
    return 0;
}


/* Several descriptors can name one binary. One that tells about it is the best. */
static virNodeDeviceDef *
virshMigrationHostFindProgram(virshMigrationHost *host,
                              const char *binary)
{
    virNodeDeviceDef *found = NULL;
    size_t i;

    for (i = 0; i < host->programs->len; i++) {
        virNodeDeviceDef *def = g_ptr_array_index(host->programs, i);

        if (STRNEQ_NULLABLE(def->caps->data.vfio_user.binary, binary))
            continue;

        if (virNodeDeviceMigrationCandidateGetMigration(def))
            return def;

        if (!found)
            found = def;
    }

    return found;
}


static int
virshMigrationFindProgram(virshMigrationHost *host,
                          const char *binary,
                          virNodeDeviceDef **ret_def)
{
    const virNodeDeviceDef *def;

    if (virshMigrationHostListPrograms(host) < 0)
        return -1;

    if (!(def = virshMigrationHostFindProgram(host, binary)))
        return 0;

    *ret_def = virshMigrationHostLookup(host, def->name, 0);
    return *ret_def ? 0 : -1;
}


static int
virshMigrationFind(virshMigrationHost *host,
                   const virshMigrationHostdev *hostdev,
                   virNodeDeviceDef **ret_def,
                   bool *active)
{
    *active = true;

    if (hostdev->socket)
        return 0;

    if (hostdev->binary)
        return virshMigrationFindProgram(host, hostdev->binary, ret_def);

    if (hostdev->uuid)
        return virshMigrationFindMdev(host, hostdev->uuid, ret_def, active);

    return virshMigrationFindFunction(host, hostdev->name, ret_def);
}


/* A function that libvirt binds to its VFIO driver when the guest comes is
 * judged then. That its driver of today says nothing means nothing. */
static bool
virshMigrationIsUnbound(const virshMigrationEntry *entry,
                        const virshMigrationHostdev *target,
                        const virNodeDeviceDef *def)
{
    return target->managed && entry->source.migration &&
           !virNodeDeviceMigrationCandidateGetMigration(def);
}


/* What the destination makes of a device that exists there */
static void
virshMigrationPreflightExisting(virshMigrationPreflightData *data,
                                virshMigrationEntry *entry,
                                const virshMigrationHostdev *target,
                                const virNodeDeviceDef *def)
{
    virshMigrationCandidate *candidate =
        virshMigrationEntryAdd(entry, virNodeDeviceMigrationCandidateNew(&entry->source,
                                                                         def, NULL));
    const virDevMigrationComparison *comparison = candidate->candidate->comparison;
    bool isOld = data->source.isOld || data->destination.isOld;
    bool isUnbound = !isOld && virshMigrationIsUnbound(entry, target, def);

    /* only the published is judged, QEMU finds out the rest */
    candidate->verdict = comparison->verdict;

    if (isOld) {
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_OLD_LIBVIRT, "version of libvirt",
                                    data->source.isOld ?
                                    _("the libvirt of the source does not know what devices publish") :
                                    _("the libvirt of the destination does not know what devices publish"));
    } else if (isUnbound) {
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_JUDGED, "driver",
                                    _("the function gets its VFIO driver when the guest comes, and is compared then"));
    } else if (comparison->oneSided && data->unsafe) {
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_UNSAFE, "--unsafe", _("accepted as asked"));
    }

    entry->verdict = candidate->verdict;

    switch (entry->verdict) {
    case VIR_DEV_MIGRATION_VERDICT_COMPATIBLE:
        entry->prediction = VIRSH_MIGRATION_PREDICTION_ACCEPTED;
        break;

    case VIR_DEV_MIGRATION_VERDICT_UNCHECKED:
        /* as ever, unless there is a token, and somebody to judge it */
        entry->prediction = isUnbound || (comparison->token && !isOld) ?
                            VIRSH_MIGRATION_PREDICTION_UNKNOWN :
                            VIRSH_MIGRATION_PREDICTION_ACCEPTED;
        break;

    case VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE:
    case VIR_DEV_MIGRATION_VERDICT_LAST:
        break;
    }
}


static virMediatedDeviceType *
virshMigrationFindType(const virNodeDeviceDef *parent,
                       const char *id)
{
    const virNodeDevCapsDef *cap;
    size_t i;

    for (cap = parent->caps; cap; cap = cap->next) {
        size_t n;
        virMediatedDeviceType **types = virNodeDevCapDataGetMdevTypes(&cap->data, &n);

        for (i = 0; i < n; i++) {
            if (STREQ_NULLABLE(types[i]->id, id))
                return types[i];
        }
    }

    return NULL;
}


static const char *
virshMigrationFindAttribute(const virMediatedDeviceConfig *config,
                            const char *name)
{
    size_t i;

    for (i = 0; i < config->nattributes; i++) {
        if (STREQ(config->attributes[i]->name, name))
            return config->attributes[i]->value;
    }

    return NULL;
}


static virNodeDeviceDef *
virshMigrationPreflightFindParent(virshMigrationPreflightData *data,
                                  const char *name)
{
    virNodeDeviceDef *parent;
    size_t i;

    if (virshMigrationHostListParents(&data->destination) < 0)
        return NULL;

    for (i = 0; i < data->destination.parents->len; i++) {
        parent = g_ptr_array_index(data->destination.parents, i);

        if (STREQ(parent->name, name))
            return parent;
    }

    if ((parent = virshMigrationHostLookup(&data->destination, name, 0)))
        g_ptr_array_add(data->defs, parent);

    return parent;
}


/* May the device fit although its type does not? Its own files replace a
 * description and a token of the type. */
static bool
virshMigrationDeviceMayFit(const virDevMigrationComparison *comparison)
{
    size_t i;

    if (comparison->oneSided)
        return true;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);

        if (reason->kind == VIR_DEV_MIGRATION_REASON_MISMATCH &&
            reason->interface != VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION &&
            reason->interface != VIR_DEV_MIGRATION_INTERFACE_TOKEN)
            return false;
    }

    return true;
}


/* A device that is defined would be started, and judged then. Until then, its
 * type and its definition are all that is known of it. */
static int
virshMigrationPreflightDefined(virshMigrationPreflightData *data,
                               virshMigrationEntry *entry,
                               const virNodeDeviceDef *def)
{
    const virMediatedDeviceConfig *config = &def->caps->data.mdev.defined_config;
    virMediatedDeviceType *type;
    virNodeDeviceMigrationCandidate *judged;
    virshMigrationCandidate *candidate;
    const virDevMigrationComparison *comparison;
    virNodeDeviceDef *parent;
    size_t i;

    if (!(parent = virshMigrationPreflightFindParent(data, def->parent))) {
        entry->error = virshMigrationFailure(_("cannot use the parent of the device on the destination"));
        return -1;
    }

    if (!(type = virshMigrationFindType(parent, config->type))) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_MDEV_TYPE, "mdev type",
                                    _("the device is defined, but '%1$s' does not offer type '%2$s'"),
                                    parent->name, config->type);
        return 0;
    }

    judged = virNodeDeviceMigrationCandidateNew(&entry->source, parent, type);
    /* only what is to be created must not be of another type */
    judged->typeFits = true;
    candidate = virshMigrationEntryAdd(entry, judged);
    comparison = judged->comparison;

    virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                VIR_DEV_MIGRATION_CODE_WOULD_START, "state",
                                _("the device is defined, and would be started"));

    if (virNodeDeviceMigrationCandidateFits(judged)) {
        entry->prediction = comparison->verdict == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE ?
                            VIRSH_MIGRATION_PREDICTION_ACCEPTED :
                            VIRSH_MIGRATION_PREDICTION_UNKNOWN;
    } else if (comparison->verdict == VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE &&
               judged->apiFits && type->available_instances > 0 &&
               virshMigrationDeviceMayFit(comparison)) {
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;

        if (comparison->oneSided && data->unsafe) {
            entry->prediction = VIRSH_MIGRATION_PREDICTION_ACCEPTED;
            virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                        VIR_DEV_MIGRATION_CODE_UNSAFE, "--unsafe", _("accepted as asked"));
        }
    }

    entry->verdict = candidate->verdict;

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);
        const char *value = virshMigrationFindAttribute(config, setting->name);

        if (STREQ_NULLABLE(value, setting->value))
            continue;

        if (value) {
            entry->prediction = VIRSH_MIGRATION_PREDICTION_REFUSED;
            entry->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
            virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                        VIR_DEV_MIGRATION_CODE_DEFINED_VALUE, setting->name,
                                        _("%1$s: source has '%2$s', destination is defined with '%3$s'"),
                                        setting->name, setting->value, value);
            continue;
        }

        if (entry->prediction == VIRSH_MIGRATION_PREDICTION_ACCEPTED) {
            entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;
            entry->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        }
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_DEFINED_VALUE, setting->name,
                                    _("%1$s: source has '%2$s', the definition of the destination says nothing"),
                                    setting->name, setting->value);
    }

    /* the next device of this guest cannot have it */
    if (entry->prediction != VIRSH_MIGRATION_PREDICTION_REFUSED)
        type->available_instances--;

    return 0;
}


/* A device is created with what the source publishes. What else its definition
 * sets is known to the source's mdevctl only. */
static void
virshMigrationPreflightNotCopied(virshMigrationPreflightData *data,
                                 virshMigrationEntry *entry,
                                 const virDevMigrationComparison *comparison)
{
    g_autoptr(virNodeDeviceDef) defined = NULL;
    const virNodeDeviceDef *def = entry->sourceDef;
    const virMediatedDeviceConfig *config;
    size_t i;
    size_t j;

    if (!def || def->caps->data.type != VIR_NODE_DEV_CAP_MDEV)
        return;

    /* a device that is transient has no other one than the active one */
    if ((defined = virshMigrationHostLookup(&data->source, def->name,
                                            VIR_NODE_DEVICE_XML_INACTIVE)) &&
        defined->caps->data.type == VIR_NODE_DEV_CAP_MDEV)
        def = defined;
    vshResetLibvirtError();

    config = &def->caps->data.mdev.defined_config;
    for (i = 0; i < config->nattributes; i++) {
        const virMediatedDeviceAttr *attr = config->attributes[i];
        bool copied = false;

        for (j = 0; j < comparison->settings->len && !copied; j++) {
            const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, j);

            copied = STREQ(setting->name, attr->name);
        }

        if (!copied) {
            virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                        VIR_DEV_MIGRATION_CODE_NOT_COPIED, attr->name,
                                        _("%1$s: set to '%2$s' in the definition of the source, and not published, so it is not copied"),
                                        attr->name, attr->value);
        }
    }
}


/* What would be created instead of a device that does not exist */
static int
virshMigrationPreflightAbsent(virshMigrationPreflightData *data,
                              virshMigrationEntry *entry,
                              const virshMigrationHostdev *target)
{
    size_t i;

    if (!target->uuid || !entry->source.migration ||
        data->source.isOld || data->destination.isOld) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_DEVICE_MISSING, "device", _("the device does not exist"));
        return 0;
    }

    if (virshMigrationHostListParents(&data->destination) < 0) {
        entry->error = virshMigrationFailure(_("cannot list node devices of the destination"));
        return -1;
    }

    virshMigrationEntryAddTypes(entry, data->destination.parents, true);
    virshMigrationEntryConclude(entry);

    for (i = 0; i < entry->candidates->len; i++) {
        virshMigrationCandidate *candidate = g_ptr_array_index(entry->candidates, i);
        const virNodeDeviceMigrationCandidate *judged = candidate->candidate;

        if (!virNodeDeviceMigrationCandidateFits(judged))
            continue;

        entry->prediction = candidate->verdict == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE ?
                            VIRSH_MIGRATION_PREDICTION_ACCEPTED :
                            VIRSH_MIGRATION_PREDICTION_UNKNOWN;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_WOULD_CREATE, "device",
                                    _("the device does not exist, one of type '%1$s' would be created on '%2$s'"),
                                    judged->type->id, judged->device->name);
        virshMigrationPreflightNotCopied(data, entry, judged->comparison);

        /* the next device of this guest cannot have it */
        virshMigrationFindType(judged->device, judged->type->id)->available_instances--;
        return 0;
    }

    if (virshMigrationEntryIsFull(entry)) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_NO_INSTANCE, "device",
                                    _("the device does not exist, and there is no room for it now"));
    } else {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_NO_PARENT, "device",
                                    _("the device does not exist, and no node device that this connection may see can have one"));
    }
    virshMigrationEntryAddUnread(entry, data->destination.unread);
    entry->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
    return 0;
}


/* What the destination makes of a program that it would launch: that of the
 * binary in the XML. Without a descriptor, nothing is known of it, and the
 * others are shown. */
static int
virshMigrationPreflightProgram(virshMigrationPreflightData *data,
                               virshMigrationEntry *entry,
                               const virshMigrationHostdev *target)
{
    g_autoptr(GPtrArray) own = g_ptr_array_new();
    virshMigrationCandidate *candidate;
    virNodeDeviceDef *def;

    entry->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
    entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;

    if (virshMigrationHostListPrograms(&data->destination) < 0) {
        entry->error = virshMigrationFailure(_("cannot list node devices of the destination"));
        return -1;
    }

    if (!(def = virshMigrationHostFindProgram(&data->destination, target->binary))) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_JUDGED, "device",
                                    _("no node device of the destination is the program '%1$s', it is compared when the guest comes"),
                                    target->binary);
        virshMigrationEntryAddDevices(entry, data->destination.programs, false);
        virshMigrationEntryConclude(entry);
        entry->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        return 0;
    }

    g_ptr_array_add(own, def);
    virshMigrationEntryAddDevices(entry, own, true);
    candidate = g_ptr_array_index(entry->candidates, 0);

    if (candidate->candidate->comparison->oneSided && data->unsafe) {
        candidate->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_UNSAFE, "--unsafe", _("accepted as asked"));
    }

    entry->verdict = candidate->verdict;
    if (entry->verdict == VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE)
        entry->prediction = VIRSH_MIGRATION_PREDICTION_REFUSED;

    return 0;
}


/* Is there nothing to judge by, because nobody knows of a program what it is? */
static bool
virshMigrationPreflightIsUnknown(virshMigrationEntry *entry,
                                 const virshMigrationHostdev *hostdev,
                                 const virNodeDeviceDef *def,
                                 const virshMigrationHostdev *target)
{
    const char *text = NULL;

    if (hostdev->socket || (target && target->socket))
        text = _("libvirt does not launch the program behind a socket, and does not compare it");
    else if (hostdev->binary && !def)
        text = _("no node device of the source is the program, it is compared when the guest leaves");

    if (!text)
        return false;

    entry->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
    entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;
    virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                VIR_DEV_MIGRATION_CODE_NOT_JUDGED, "device", "%s", text);
    return true;
}


static bool
virshMigrationIsProgram(const virshMigrationHostdev *hostdev)
{
    return hostdev && (hostdev->binary || hostdev->socket);
}


static const char *
virshMigrationHostdevName(const virshMigrationHostdev *hostdev)
{
    if (hostdev->uuid)
        return hostdev->uuid;
    if (hostdev->name)
        return hostdev->name;

    return hostdev->binary ? hostdev->binary : hostdev->socket;
}


static int
virshMigrationPreflightOne(virshMigrationPreflightData *data,
                           const virshMigrationHostdev *hostdev,
                           const virshMigrationHostdev *target,
                           const char *network)
{
    virshMigrationEntry *entry = virshMigrationEntryNew();
    virNodeDeviceDef *def = NULL;
    bool active = true;

    g_ptr_array_add(data->entries, entry);
    entry->alias = g_strdup(hostdev->alias);
    entry->address = g_strdup(hostdev->address);
    entry->sourceName = g_strdup(virshMigrationHostdevName(hostdev));
    if (target)
        entry->deviceAPI = g_strdup(target->uuid ? target->model : "vfio-pci");

    if (virshMigrationFind(&data->source, hostdev, &def, &active) < 0) {
        entry->error = virshMigrationFailure(_("cannot find the device on the source"));
        virNodeDeviceDefFree(def);
        return -1;
    }

    if (virshMigrationIsProgram(hostdev) || virshMigrationIsProgram(target)) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_STATE, "state",
                                    _("a guest with a vfio-user device migrates only if QEMU can transfer the state of the device"));
    }

    if (virshMigrationPreflightIsUnknown(entry, hostdev, def, target)) {
        virNodeDeviceDefFree(def);
        if (target)
            entry->target = g_strdup(virshMigrationHostdevName(target));
        return 0;
    }

    if (!def) {
        entry->error = g_strdup(_("the device does not exist on the source"));
        return -1;
    }

    if (virshMigrationEntrySetSource(entry, def, &hostdev->launch) < 0)
        return -1;

    if (network) {
        entry->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_NOTE,
                                    VIR_DEV_MIGRATION_CODE_NOT_JUDGED, "device",
                                    _("the destination takes a function from network '%1$s'"),
                                    network);
        return 0;
    }

    if (!target) {
        virshMigrationReasonAddText(entry->reasons, VIR_DEV_MIGRATION_REASON_MISMATCH,
                                    VIR_DEV_MIGRATION_CODE_NOT_IN_XML, "device",
                                    _("the device is not in the XML of the destination"));
        return 0;
    }

    entry->target = g_strdup(virshMigrationHostdevName(target));

    if (target->binary)
        return virshMigrationPreflightProgram(data, entry, target);

    def = NULL;
    if (virshMigrationFind(&data->destination, target, &def, &active) < 0) {
        entry->error = virshMigrationFailure(_("cannot find the device on the destination"));
        virNodeDeviceDefFree(def);
        return -1;
    }

    if (def)
        g_ptr_array_add(data->defs, def);

    /* nobody starts a device that there is nothing to judge by */
    if (!def ||
        (!active && (!entry->source.migration ||
                     data->source.isOld || data->destination.isOld)))
        return virshMigrationPreflightAbsent(data, entry, target);

    if (!active)
        return virshMigrationPreflightDefined(data, entry, def);

    virshMigrationPreflightExisting(data, entry, target, def);
    return 0;
}


/* The XML that the destination gets unless there is another one; what is known
 * of it if the connection is read-only; NULL if nothing is. */
static char *
virshMigrationGetTargetXML(virDomainPtr dom)
{
    char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_MIGRATABLE);

    if (!xml)
        xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);

    vshResetLibvirtError();
    return xml;
}


static void
virshMigrationPreflightAll(vshControl *ctl,
                           virshMigrationPreflightData *data,
                           virDomainPtr dom,
                           const char *desturi,
                           const char *file)
{
    g_autoptr(GPtrArray) hostdevs = NULL;
    g_autoptr(GPtrArray) targets = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *other = NULL;
    size_t i;

    if (!(xml = virDomainGetXMLDesc(dom, 0)) ||
        !(hostdevs = virshMigrationGetHostdevs(xml))) {
        data->error = virshMigrationFailure(_("cannot use the XML of the domain"));
        return;
    }

    if (file) {
        g_autofree char *text = g_strdup_printf(_("cannot use file '%1$s'"), file);

        if (virFileReadAll(file, VSH_MAX_XML_FILE, &other) < 0 ||
            !(targets = virshMigrationGetHostdevs(other))) {
            data->error = virshMigrationFailure(text);
            return;
        }
    } else {
        other = virshMigrationGetTargetXML(dom);
    }

    /* it cannot migrate anything */
    if (!(data->destination.conn = virshConnect(ctl, desturi, true))) {
        g_autofree char *text = g_strdup_printf(_("cannot connect to '%1$s'"), desturi);

        data->error = virshMigrationFailure(text);
        return;
    }

    virshMigrationHostProbe(&data->source);
    virshMigrationHostProbe(&data->destination);

    for (i = 0; i < hostdevs->len; i++) {
        const virshMigrationHostdev *hostdev = g_ptr_array_index(hostdevs, i);
        const virshMigrationHostdev *target = hostdev;
        g_autofree char *network = virshMigrationFindNetwork(hostdev, other);
        virshMigrationEntry *entry;

        if (targets)
            target = virshMigrationFindHostdev(hostdevs, targets, i);

        ignore_value(virshMigrationPreflightOne(data, hostdev, target, network));

        /* whether QEMU can transfer its state is not known here */
        entry = g_ptr_array_index(data->entries, i);
        if ((virshMigrationIsProgram(hostdev) || virshMigrationIsProgram(target)) &&
            entry->prediction == VIRSH_MIGRATION_PREDICTION_ACCEPTED)
            entry->prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;
    }
}


/* The worst of all devices */
static virshMigrationPrediction
virshMigrationPreflightPredict(const virshMigrationPreflightData *data,
                               const char **ret_result)
{
    virshMigrationPrediction prediction = VIRSH_MIGRATION_PREDICTION_ACCEPTED;
    virDevMigrationVerdict verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;
    bool error = !!data->error;
    size_t i;

    for (i = 0; i < data->entries->len; i++) {
        const virshMigrationEntry *entry = g_ptr_array_index(data->entries, i);

        error = error || entry->error;
        if (entry->error)
            continue;

        prediction = MAX(prediction, entry->prediction);
        if (virshMigrationVerdictRank(entry->verdict) > virshMigrationVerdictRank(verdict))
            verdict = entry->verdict;
    }

    *ret_result = error ? "error" : virDevMigrationVerdictTypeToString(verdict);

    if (error && prediction == VIRSH_MIGRATION_PREDICTION_ACCEPTED)
        prediction = VIRSH_MIGRATION_PREDICTION_UNKNOWN;

    return prediction;
}


static const char *
virshMigrationEntryPrediction(const virshMigrationEntry *entry)
{
    if (entry->error)
        return virshMigrationPredictionTypeToString(VIRSH_MIGRATION_PREDICTION_UNKNOWN);

    return virshMigrationPredictionTypeToString(entry->prediction);
}


static int
virshMigrationPreflightPrintJSON(vshControl *ctl,
                                 const virshMigrationPreflightData *data,
                                 const char *result,
                                 const char *prediction)
{
    g_autoptr(virJSONValue) object = NULL;
    g_autoptr(virJSONValue) devices = virJSONValueNewArray();
    size_t i;

    for (i = 0; i < data->entries->len; i++) {
        const virshMigrationEntry *entry = g_ptr_array_index(data->entries, i);
        g_autoptr(virJSONValue) device = NULL;

        ignore_value(virJSONValueObjectAdd(&device,
                                           "S:alias", entry->alias,
                                           "S:address", entry->address,
                                           "S:target", entry->target,
                                           "s:prediction", virshMigrationEntryPrediction(entry),
                                           NULL));
        virshMigrationEntryToJSON(entry, &device);
        ignore_value(virJSONValueArrayAppend(devices, &device));
    }

    ignore_value(virJSONValueObjectAdd(&object,
                                       "s:result", result,
                                       "S:message", data->error,
                                       "s:prediction", prediction,
                                       "s:domain", data->domain,
                                       NULL));
    if (!data->error)
        ignore_value(virJSONValueObjectAdd(&object, "a:devices", &devices, NULL));

    return virshMigrationPrintJSON(ctl, object);
}


static void
virshMigrationPreflightPrintXML(vshControl *ctl,
                                const virshMigrationPreflightData *data,
                                const char *result,
                                const char *prediction)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf, "<migrationPreflight result='%s' prediction='%s'",
                      result, prediction);
    virBufferEscapeString(&buf, " domain='%s'>\n", data->domain);
    virBufferAdjustIndent(&buf, 2);
    virBufferEscapeString(&buf, "<message>%s</message>\n", data->error);

    for (i = 0; i < data->entries->len; i++) {
        const virshMigrationEntry *entry = g_ptr_array_index(data->entries, i);

        virBufferAsprintf(&buf, "<device result='%s' prediction='%s'",
                          virshMigrationEntryResult(entry),
                          virshMigrationEntryPrediction(entry));
        virBufferEscapeString(&buf, " alias='%s'", entry->alias);
        virBufferEscapeString(&buf, " address='%s'", entry->address);
        virBufferEscapeString(&buf, " target='%s'", entry->target);
        virBufferAddLit(&buf, ">\n");
        virBufferAdjustIndent(&buf, 2);
        virshMigrationEntryToXML(&buf, entry);
        virBufferAdjustIndent(&buf, -2);
        virBufferAddLit(&buf, "</device>\n");
    }

    virBufferAdjustIndent(&buf, -2);
    virBufferAddLit(&buf, "</migrationPreflight>\n");
    vshPrint(ctl, "%s", virBufferCurrentContent(&buf));
}


static int
virshMigrationPreflightPrintTables(vshControl *ctl,
                                   const virshMigrationPreflightData *data,
                                   const char *prediction)
{
    size_t i;

    if (data->error)
        return 0;

    for (i = 0; i < data->entries->len; i++) {
        const virshMigrationEntry *entry = g_ptr_array_index(data->entries, i);

        if (entry->error)
            continue;

        vshPrint(ctl, _("Device '%1$s' (%2$s at %3$s): %4$s, %5$s\n\n"),
                 entry->sourceName,
                 entry->alias ? entry->alias : "-",
                 entry->address ? entry->address : "-",
                 virshMigrationEntryResult(entry),
                 virshMigrationEntryPrediction(entry));
        if (virshMigrationEntryPrint(ctl, entry,
                                     entry->prediction == VIRSH_MIGRATION_PREDICTION_ACCEPTED) < 0)
            return -1;
        vshPrint(ctl, "\n");
    }

    if (data->entries->len == 0)
        vshPrint(ctl, _("Domain '%1$s' has no assigned devices\n\n"), data->domain);

    vshPrint(ctl, _("Assigned devices of domain '%1$s': %2$s\n"), data->domain, prediction);
    return 0;
}


bool
virshMigrationPreflight(vshControl *ctl,
                        const vshCmd *cmd,
                        virDomainPtr dom)
{
    virshControl *priv = ctl->privData;
    g_auto(virshMigrationPreflightData) data = {
        .source = { .conn = priv->conn },
        .domain = g_strdup(virDomainGetName(dom)),
        .unsafe = vshCommandOptBool(cmd, "unsafe"),
        .entries = g_ptr_array_new_with_free_func((GDestroyNotify) virshMigrationEntryFree),
        .defs = g_ptr_array_new_with_free_func((GDestroyNotify) virNodeDeviceDefFree),
    };
    virshMigrationPrediction prediction;
    virshMigrationFormat format;
    const char *desturi = NULL;
    const char *file = NULL;
    const char *text;
    const char *result;
    size_t i;

    if (vshCommandOptString(ctl, cmd, "desturi", &desturi) < 0 ||
        vshCommandOptString(ctl, cmd, "xml", &file) < 0 ||
        virshMigrationGetFormat(ctl, cmd, &format) < 0)
        return false;

    virshMigrationPreflightAll(ctl, &data, dom, desturi, file);
    prediction = virshMigrationPreflightPredict(&data, &result);
    text = virshMigrationPredictionTypeToString(prediction);

    if (data.error)
        vshError(ctl, "%s", data.error);

    for (i = 0; i < data.entries->len; i++) {
        const virshMigrationEntry *entry = g_ptr_array_index(data.entries, i);

        if (entry->error) {
            vshError(ctl, _("Device '%1$s': %2$s"), entry->sourceName, entry->error);
        }
    }

    switch (format) {
    case VIRSH_MIGRATION_FORMAT_JSON:
        if (virshMigrationPreflightPrintJSON(ctl, &data, result, text) < 0)
            return false;
        break;

    case VIRSH_MIGRATION_FORMAT_XML:
        virshMigrationPreflightPrintXML(ctl, &data, result, text);
        break;

    case VIRSH_MIGRATION_FORMAT_TABLE:
    case VIRSH_MIGRATION_FORMAT_LAST:
        if (virshMigrationPreflightPrintTables(ctl, &data, text) < 0)
            return false;
        break;
    }

    return prediction == VIRSH_MIGRATION_PREDICTION_ACCEPTED;
}


/* Completion */


char **
virshMigrationFormatCompleter(vshControl *ctl G_GNUC_UNUSED,
                              const vshCmd *cmd G_GNUC_UNUSED,
                              unsigned int flags)
{
    virCheckFlags(0, NULL);

    return virshEnumComplete(VIRSH_MIGRATION_FORMAT_LAST,
                             virshMigrationFormatTypeToString);
}


static char **
virshMigrationCompleteNames(vshControl *ctl,
                            unsigned int listflags)
{
    virshControl *priv = ctl->privData;
    virNodeDevicePtr *devs = NULL;
    char **names;
    size_t i;
    int n;

    if (!priv->conn || virConnectIsAlive(priv->conn) <= 0)
        return NULL;

    /* libvirt may be too old to know of programs */
    if ((n = virConnectListAllNodeDevices(priv->conn, &devs, listflags)) < 0 &&
        (n = virConnectListAllNodeDevices(priv->conn, &devs, listflags &
                                          ~VIR_CONNECT_LIST_NODE_DEVICES_CAP_VFIO_USER)) < 0)
        return NULL;

    names = g_new0(char *, n + 1);
    for (i = 0; i < n; i++) {
        names[i] = g_strdup(virNodeDeviceGetName(devs[i]));
        virshNodeDeviceFree(devs[i]);
    }
    g_free(devs);

    g_qsort_with_data(names, n, sizeof(*names), virStringSortCompare, NULL);
    return names;
}


char **
virshMigrationParentCompleter(vshControl *ctl,
                              const vshCmd *cmd G_GNUC_UNUSED,
                              unsigned int flags)
{
    virCheckFlags(0, NULL);

    return virshMigrationCompleteNames(ctl, VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES);
}


char **
virshMigrationDeviceCompleter(vshControl *ctl,
                              const vshCmd *cmd G_GNUC_UNUSED,
                              unsigned int flags)
{
    virCheckFlags(0, NULL);

    return virshMigrationCompleteNames(ctl, VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV |
                                            VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV |
                                            VIR_CONNECT_LIST_NODE_DEVICES_CAP_VFIO_USER);
}
