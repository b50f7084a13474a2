// The kernels for any CPU: four lanes a vector, which is SSE2 on x86-64 and NEON on arm64.
#include "field_plan.h"

#define VECTOR_LANES 4
// arm64 has thirty-two vector registers, x86-64 without AVX-512 sixteen.
#if defined(__aarch64__)
#define OUTPUT_TILE 8
#define NAME "neon"
#else
#define OUTPUT_TILE 4
#define NAME "portable"
#endif

#include "kernels_vectors.h"
#include "kernels_samples.h"
#include "kernels_forward.h"
#include "kernels_backward.h"

static int32_t runs_here(void) { return 1; }

const fk_backend fk_portable_backend = {NAME, runs_here, forward, backward};
