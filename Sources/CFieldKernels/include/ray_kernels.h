// What training does with rays besides the field: samples in occupied cells, and the loss of pixels.
//
// For any CPU alike: both are small beside the field's network.
//
// What they will not do: allocate memory, start threads, keep state between calls. Pointers may have
// any alignment, and no output may overlap an input.
#ifndef RAY_KERNELS_H
#define RAY_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "field_kernels.h"

// A grid of cubic cells and which of them are occupied: one bit each, x fastest, cell i in bit i mod 64
// of word i / 64. A whole grid stays in a cache that its bytes would overflow.
typedef struct fk_cells {
  float minimum[3];         // the grid's corner, scene units
  float inverse_cell_size;  // 1 / scene units
  int32_t counts[3];        // cells along each axis
  const uint64_t *occupied;
} fk_cells;

// Evenly spaced samples of a ray: origin + t direction, t = first + i · interval, i < count.
typedef struct fk_ray {
  float origin[3], direction[3];  // scene units; unit length
  float first, interval;          // scene units
  size_t count;
} fk_ray;

// Writes the positions of those samples of a ray that lie in occupied cells, front to back, and
// returns how many there are. A point outside the grid belongs to the nearest cell. The three arrays
// must have room for `count` floats.
size_t fk_occupied_samples(const fk_cells *cells, const fk_ray *ray, float *x, float *y, float *z);

// The rays of a batch of samples. Each has at least one; they stand front to back, ray after ray.
typedef struct fk_rays {
  size_t count;
  const int32_t *ends;       // where a ray's samples end, and the next one's begin
  const float *targets;      // RGB, [count × 3]
  const float *backgrounds;  // RGB behind the ray's last sample, [count × 3]
} fk_rays;

// Composites rays into pixels, and returns the loss summed over them with its gradient:
//
//     αᵢ = 1 − exp(−σᵢ δ)    Tᵢ = ∏ⱼ₍ⱼ<ᵢ₎ (1 − αⱼ)    wᵢ = Tᵢ αᵢ    C = Σᵢ wᵢ cᵢ + T_end background
//     L = |C − target|² / 3      g = weight · ∂L/∂C
//     ∂L/∂cᵢ = wᵢ g      ∂L/∂σᵢ = δ (Tᵢ₊₁ cᵢ·g − Sᵢ)      Sᵢ = Σⱼ₍ⱼ>ᵢ₎ wⱼ cⱼ·g + T_end background·g
//
// (Max 1995; Mildenhall et al. 2020, eq. 3.) `weight` scales the gradient alone. Finite for any density,
// infinite ones included; what is not a number makes the loss one that is not. A T below 1e-20 counts
// as 0.
//
// - samples: of all rays; `outputs`, `gradient` (overwritten) and `transmittances` (scratch) have as many.
// - interval: δ, scene units.
double fk_ray_loss(const fk_rays *rays, size_t samples, float interval, float weight,
                   fk_outputs outputs, fk_outputs gradient, float *transmittances);

#endif
