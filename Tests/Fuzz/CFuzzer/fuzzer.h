// libFuzzer's own functions (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library" and
// "Structure-Aware Fuzzing").
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*take)(const uint8_t *bytes, size_t count));
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity);
