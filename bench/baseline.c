/*
 * What a RIM costs in C with OpenSSL on one core: the yardstick of `npm run bench`.
 *
 *   cc -O2 -o baseline baseline.c -lcrypto
 *   ./baseline mapped|copied sha-256|sha-384|sha-512 IMAGE
 *
 * The launch is the one that launch.mjs describes: RMM 1.0-rel0, s2sz 40, one breakpoint and one
 * watchpoint encoded as 1, the image loaded at IPA 0x80000000 with every granule measured, nothing
 * else. (RmiRealmParams: RMM 1.0-rel0 C1.15; measurement descriptors: C1.11.)
 *
 * mapped: the file is mapped, nothing is copied, hashing goes through the low-level functions of
 *         OpenSSL. About as little work as there can be.
 * copied: the file is read into the heap, each granule is copied, each descriptor built afresh, and
 *         everything is hashed by one-shot calls: what a straightforward tool does.
 *
 * Prints the RIM; on descriptor 3, if that is open, also CPU microseconds and peak memory in KiB.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRANULE 4096u
#define BASE_IPA 0x80000000ull

struct algorithm {
  const char *name;
  uint8_t encoding; /* RmmHashAlgorithm */
  size_t size;
  void (*stream)(const uint8_t *message, size_t length, uint8_t *digest);
  unsigned char *(*once)(const unsigned char *message, size_t length, unsigned char *digest);
};

#define STREAM(function, context, prefix)                                        \
  static void function(const uint8_t *message, size_t length, uint8_t *digest) { \
    context state;                                                               \
    prefix##_Init(&state);                                                       \
    prefix##_Update(&state, message, length);                                    \
    prefix##_Final(digest, &state);                                              \
  }
STREAM(stream256, SHA256_CTX, SHA256)
STREAM(stream384, SHA512_CTX, SHA384)
STREAM(stream512, SHA512_CTX, SHA512)

static const struct algorithm ALGORITHMS[] = {
    {"sha-256", 0, 32, stream256, SHA256},
    {"sha-512", 1, 64, stream512, SHA512},
    {"sha-384", 2, 48, stream384, SHA384},
};

/* RmmMeasurementDescriptorData; integers are little-endian, and so is whoever runs this. */
struct descriptor {
  uint8_t type;
  uint8_t padding[7];
  uint64_t length;
  uint8_t rim[64];
  uint64_t ipa;
  uint64_t flags;
  uint8_t content[64];
  uint8_t rest[0x100 - 0xa0];
};
_Static_assert(sizeof(struct descriptor) == 0x100, "a descriptor has 256 bytes");

static void initial(const struct algorithm *hash, uint8_t *rim) {
  uint8_t params[GRANULE] = {0};
  params[0x08] = 40; /* s2sz */
  params[0x18] = 1;  /* num_bps */
  params[0x20] = 1;  /* num_wps */
  params[0x30] = hash->encoding;
  hash->stream(params, GRANULE, rim);
}

static void mapped(const struct algorithm *hash, const uint8_t *image, size_t size, uint8_t *rim) {
  struct descriptor step = {.length = sizeof step, .flags = 1};
  memcpy(step.rim, rim, hash->size);
  uint8_t last[GRANULE] = {0};
  memcpy(last, image + size / GRANULE * GRANULE, size % GRANULE);
  for (size_t at = 0; at < size; at += GRANULE) {
    step.ipa = BASE_IPA + at;
    hash->stream(size - at < GRANULE ? last : image + at, GRANULE, step.content);
    hash->stream((const uint8_t *)&step, sizeof step, step.rim);
  }
  memcpy(rim, step.rim, hash->size);
}

static uint8_t *copy_of(const void *bytes, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  if (copy == NULL) {
    perror("malloc");
    exit(2);
  }
  return memcpy(copy, bytes, size);
}

static void copied(const struct algorithm *hash, const uint8_t *image, size_t size, uint8_t *rim) {
  uint8_t *heap = copy_of(image, size);
  for (size_t at = 0; at < size; at += GRANULE) {
    size_t there = size - at < GRANULE ? size - at : GRANULE;
    uint8_t granule[GRANULE] = {0};
    memcpy(granule, heap + at, there);
    struct descriptor fresh = {.length = sizeof fresh, .ipa = BASE_IPA + at, .flags = 1};
    hash->once(granule, GRANULE, fresh.content);
    memcpy(fresh.rim, rim, hash->size);
    uint8_t *bytes = copy_of(&fresh, sizeof fresh);
    hash->once(bytes, sizeof fresh, rim);
    free(bytes);
  }
  free(heap);
}

static void report_usage(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  long long user = usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec;
  long long system = usage.ru_stime.tv_sec * 1000000ll + usage.ru_stime.tv_usec;
  char text[64];
  int length = snprintf(text, sizeof text, "%lld %ld\n", user + system, usage.ru_maxrss);
  /* Nobody has to listen. */
  if (write(3, text, length) < 0) return;
}

int main(int argc, char **argv) {
  const struct algorithm *hash = NULL;
  for (size_t i = 0; argc == 4 && i < sizeof ALGORITHMS / sizeof *ALGORITHMS; i++) {
    if (strcmp(ALGORITHMS[i].name, argv[2]) == 0) hash = &ALGORITHMS[i];
  }
  bool map = hash != NULL && strcmp(argv[1], "mapped") == 0;
  if (hash == NULL || (!map && strcmp(argv[1], "copied") != 0)) {
    fputs("usage: baseline mapped|copied sha-256|sha-384|sha-512 IMAGE\n", stderr);
    return 2;
  }
  struct stat status;
  int file = open(argv[3], O_RDONLY);
  if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
    perror(argv[3]);
    return 2;
  }
  size_t size = status.st_size;
  const uint8_t *image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (image == MAP_FAILED) {
    perror("mmap");
    return 2;
  }
  uint8_t rim[64] = {0};
  initial(hash, rim);
  (map ? mapped : copied)(hash, image, size, rim);
  for (size_t i = 0; i < hash->size; i++) printf("%02x", rim[i]);
  putchar('\n');
  report_usage();
  return 0;
}
