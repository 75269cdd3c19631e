/*
 * A source that lies: preloaded into virsh, it replaces the host devices in
 * the migration cookie that goes to the destination by the content of the
 * file $COOKIE_HOSTDEVS.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* as in tirpc/rpc/xdr.h, whose package is not needed for this alone */
struct xdr {
    enum { ENCODE, DECODE, FREE } op;
};

typedef int (*xdr_bytes_func)(struct xdr *xdr, char **data, unsigned int *size,
                              unsigned int max);

static const char start[] = "<hostdevs>";
static const char end[] = "</hostdevs>\n";

static char *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *data;

    if (!file || fseek(file, 0, SEEK_END) < 0)
        abort();
    *size = ftell(file);
    rewind(file);
    data = malloc(*size + 1);
    if (!data || fread(data, 1, *size, file) != *size)
        abort();
    fclose(file);
    return data;
}

int xdr_bytes(struct xdr *xdr, char **data, unsigned int *size, unsigned int max)
{
    xdr_bytes_func real = (xdr_bytes_func) dlsym(RTLD_NEXT, "xdr_bytes");
    const char *path = getenv("COOKIE_HOSTDEVS");
    char *from, *to, *lie, *cookie;
    unsigned int lied;
    size_t nlie;
    int ret;

    if (xdr->op != ENCODE || !path || !*data ||
        !(from = memmem(*data, *size, start, strlen(start))) ||
        !(to = memmem(from, *data + *size - from, end, strlen(end))))
        return real(xdr, data, size, max);

    to += strlen(end);
    lie = load(path, &nlie);
    lied = *size - (to - from) + nlie;
    cookie = malloc(lied);
    if (!cookie)
        abort();
    memcpy(cookie, *data, from - *data);
    memcpy(cookie + (from - *data), lie, nlie);
    memcpy(cookie + (from - *data) + nlie, to, *data + *size - to);

    ret = real(xdr, &cookie, &lied, max);
    fprintf(stderr, "cookie: %u bytes in the place of %u: %s\n", lied, *size,
            ret ? "sent" : "not sent");
    free(cookie);
    free(lie);
    return ret;
}
