// The kernels for any CPU: four lanes a vector, which is SSE2 on x86-64 and NEON on arm64.
#include "field_plan.h"

#define VECTOR_LANES 4
#define OUTPUT_TILE 4
#define GRADIENT_TILE_OUTPUTS 2
#define GRADIENT_TILE_INPUTS 4

#include "kernels_body.h"

static int32_t runs_here(void) { return 1; }

const fk_backend fk_portable_backend = {"portable", runs_here, forward, backward};
