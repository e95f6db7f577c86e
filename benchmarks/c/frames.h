// What the load generator and the C limit share: WebSocket frames of texts, sockets, time.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

// A text frame; the mask of a client is 0, which leaves the payload as it is.
static size_t put_frame(char *out, const char *text, size_t length, int masked) {
    unsigned char *p = (unsigned char *)out;
    *p++ = 0x81;
    if (length < 126) {
        *p++ = (masked ? 0x80 : 0) | length;
    } else {
        *p++ = (masked ? 0x80 : 0) | 126;
        *p++ = length >> 8;
        *p++ = length & 255;
    }
    if (masked) {
        memset(p, 0, 4);
        p += 4;
    }
    memcpy(p, text, length);
    return p + length - (unsigned char *)out;
}

// Finds a frame at the start of data; returns its size, 0 when it is not whole. It is unmasked in
// place, and its payload may be up to 64 KiB.
static size_t get_frame(char *data, size_t size, int *opcode, char **payload, size_t *length) {
    unsigned char *p = (unsigned char *)data;
    if (size < 2)
        return 0;
    size_t head = 2;
    *length = p[1] & 127;
    if (*length == 126) {
        if (size < 4)
            return 0;
        *length = p[2] << 8 | p[3];
        head = 4;
    } else if (*length == 127) {
        fprintf(stderr, "a frame of more than 64 KiB\n");
        exit(1);
    }
    unsigned char *mask = p + head;
    int masked = p[1] & 128;
    if (masked)
        head += 4;
    if (size < head + *length)
        return 0;
    *opcode = p[0] & 15;
    *payload = data + head;
    for (size_t i = 0; masked && i < *length; i++)
        (*payload)[i] ^= mask[i & 3];
    return head + *length;
}

static void watch(int poll, int fd, uint64_t data, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    if (epoll_ctl(poll, operation, fd, &event) < 0)
        die("epoll_ctl");
}

static void without_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
