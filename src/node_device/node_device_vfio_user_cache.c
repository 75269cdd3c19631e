/*
 * node_device_vfio_user_cache.c: remember what programs answered
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

#include <unistd.h>

#include "device_migration_conf.h"
#include "node_device_vfio_user_cache.h"
#include "vircrypto.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"
#include "virstring.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

VIR_LOG_INIT("node_device.node_device_vfio_user_cache");

/* The daemon ends when nobody needs it, and is started again by the next
 * client, whoever that is. Without these files, each time would run all
 * programs. They are in a directory that only we can write to, and they do
 * not outlive the boot: its id is part of the key. */


nodeDeviceVfioUserAnswer *
nodeDeviceVfioUserAnswerNew(void)
{
    nodeDeviceVfioUserAnswer *answer = g_new0(nodeDeviceVfioUserAnswer, 1);

    answer->problems = g_ptr_array_new_with_free_func(g_free);

    return answer;
}


void
nodeDeviceVfioUserAnswerFree(nodeDeviceVfioUserAnswer *answer)
{
    if (!answer)
        return;

    virDevMigrationFree(answer->migration);
    g_ptr_array_unref(answer->problems);
    g_free(answer);
}


static char *
nodeDeviceVfioUserCacheName(const char *key)
{
    g_autofree char *hash = NULL;

    if (virCryptoHashString(VIR_CRYPTO_HASH_SHA256, key, &hash) < 0)
        return NULL;

    return g_strdup_printf("%s.xml", hash);
}


static int
nodeDeviceVfioUserCacheParse(const char *path,
                             const char *key,
                             nodeDeviceVfioUserAnswer *answer)
{
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autofree char *found = NULL;
    g_autofree xmlNodePtr *nodes = NULL;
    xmlNodePtr node;
    int n;
    size_t i;

    if (!(xml = virXMLParse(path, NULL, NULL, "vfioUserAnswer", &ctxt, NULL, false)))
        return -1;

    found = virXPathString("string(./key)", ctxt);
    if (STRNEQ_NULLABLE(found, key))
        return -1;

    if ((n = virXPathNodeSet("./problem", ctxt, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++)
        g_ptr_array_add(answer->problems, virXMLNodeContentString(nodes[i]));

    if ((node = virXPathNode("./capability[@type='migration']", ctxt)) &&
        virDevMigrationParseXML(ctxt, node, &answer->migration) < 0)
        return -1;

    return 0;
}


/**
 * nodeDeviceVfioUserCacheLoad:
 * @dir: directory with the files
 * @key: everything that the answer depends on
 *
 * Returns what was answered for @key, or NULL without an error.
 */
nodeDeviceVfioUserAnswer *
nodeDeviceVfioUserCacheLoad(const char *dir,
                            const char *key)
{
    g_autoptr(nodeDeviceVfioUserAnswer) answer = nodeDeviceVfioUserAnswerNew();
    g_autofree char *name = nodeDeviceVfioUserCacheName(key);
    g_autofree char *path = g_strdup_printf("%s/%s", dir, NULLSTR_EMPTY(name));

    if (!name || !virFileExists(path)) {
        virResetLastError();
        return NULL;
    }

    if (nodeDeviceVfioUserCacheParse(path, key, answer) < 0) {
        VIR_DEBUG("Ignoring '%s': %s", path, virGetLastErrorMessage());
        virResetLastError();
        return NULL;
    }

    return g_steal_pointer(&answer);
}


/* What programs print is part of problems: only what XML can hold. */
static char *
nodeDeviceVfioUserCacheText(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) ret = g_string_new(NULL);
    const char *c;

    for (c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);

        if (g_unichar_iscntrl(u) || u == 0xfffe || u == 0xffff)
            u = ' ';
        g_string_append_unichar(ret, u);
    }

    return g_string_free(g_steal_pointer(&ret), FALSE);
}


/**
 * nodeDeviceVfioUserCacheSave:
 * @dir: directory for the files, made if it does not exist
 * @key: everything that the answer depends on
 * @answer: the answer
 *
 * Keeps @answer for the next start of the daemon. If that is not possible,
 * the program will run again.
 */
void
nodeDeviceVfioUserCacheSave(const char *dir,
                            const char *key,
                            const nodeDeviceVfioUserAnswer *answer)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(&buf);
    g_autofree char *name = nodeDeviceVfioUserCacheName(key);
    g_autofree char *path = g_strdup_printf("%s/%s", dir, NULLSTR_EMPTY(name));
    g_autofree char *xml = NULL;
    size_t i;

    virBufferEscapeString(&childBuf, "<key>%s</key>\n", key);
    for (i = 0; i < answer->problems->len; i++) {
        g_autofree char *text = NULL;

        text = nodeDeviceVfioUserCacheText(g_ptr_array_index(answer->problems, i));
        virBufferEscapeString(&childBuf, "<problem>%s</problem>\n", text);
    }
    virDevMigrationFormat(&childBuf, answer->migration);

    virXMLFormatElement(&buf, "vfioUserAnswer", NULL, &childBuf);
    xml = virBufferContentAndReset(&buf);

    if (!name ||
        g_mkdir_with_parents(dir, S_IRWXU) < 0 ||
        virFileRewriteStr(path, S_IRUSR | S_IWUSR, xml) < 0) {
        VIR_DEBUG("Cannot write '%s'", path);
        virResetLastError();
    }
}


/**
 * nodeDeviceVfioUserCachePrune:
 * @dir: directory with the files
 * @keys: strings
 *
 * Forgets the answers for everything but @keys.
 */
void
nodeDeviceVfioUserCachePrune(const char *dir,
                             GPtrArray *keys)
{
    g_autoptr(DIR) dirp = NULL;
    g_autoptr(GHashTable) names = virHashNew(NULL);
    struct dirent *entry;
    size_t i;

    if (virDirOpenQuiet(&dirp, dir) < 0)
        return;

    for (i = 0; i < keys->len; i++) {
        char *name = nodeDeviceVfioUserCacheName(g_ptr_array_index(keys, i));

        if (name)
            g_hash_table_add(names, name);
    }

    while (virDirRead(dirp, &entry, dir) > 0) {
        g_autofree char *path = g_strdup_printf("%s/%s", dir, entry->d_name);

        if (virStringHasSuffix(entry->d_name, ".xml") &&
            !g_hash_table_contains(names, entry->d_name) &&
            unlink(path) < 0)
            VIR_DEBUG("Cannot remove '%s'", path);
    }

    virResetLastError();
}
