// Samples along training rays, and the loss of their pixels: see ray_kernels.h.
#include "field_plan.h"

#define VECTOR_LANES 4
#include "kernels_vectors.h"

#include "ray_kernels.h"

INLINE vec load_any(const float *address) { return *(const unaligned_vec *)address; }

INLINE size_t is_occupied(const uint64_t *occupied, int32_t cell) {
  const uint32_t bit = (uint32_t)cell;
  return occupied[bit >> 6] >> (bit & 63) & 1;
}

size_t fk_occupied_samples(const fk_cells *cells, const fk_ray *ray, float *x, float *y, float *z) {
  // 1. Distances of the samples in occupied cells: all are written, each over the one before unless
  // that is kept, so that there is no branch to guess.
  float from[3], step[3], last[3];
  for (int axis = 0; axis < 3; axis++) {
    from[axis] = (ray->origin[axis] - cells->minimum[axis]) * cells->inverse_cell_size;
    step[axis] = ray->direction[axis] * cells->inverse_cell_size;
    last[axis] = (float)(cells->counts[axis] - 1);
  }
  const uint64_t *occupied = cells->occupied;
  size_t found = 0;
  for (size_t start = 0; start < ray->count; start += VECTOR_LANES) {
    const vec t = ray->first + ray->interval * ((float)start + (vec){0, 1, 2, 3});
    ivec index = (ivec)0;
    for (int axis = 2; axis >= 0; axis--) {
      // Held to the grid first, a coordinate is not negative, so cutting off its fraction rounds down.
      const vec held = at_most(at_least(from[axis] + step[axis] * t, (vec)0), (vec)last[axis]);
      index = index * cells->counts[axis] + __builtin_convertvector(held, ivec);
    }
    if (start + VECTOR_LANES <= ray->count) {
#pragma clang loop unroll(full)
      for (int lane = 0; lane < VECTOR_LANES; lane++) {
        x[found] = t[lane];
        found += is_occupied(occupied, index[lane]);
      }
    } else {
      for (size_t lane = 0; lane < ray->count - start; lane++) {
        x[found] = t[lane];
        found += is_occupied(occupied, index[lane]);
      }
    }
  }
  // 2. Their positions.
  for (size_t i = 0; i < found; i++) {
    const float t = x[i];
    x[i] = ray->origin[0] + ray->direction[0] * t;
    y[i] = ray->origin[1] + ray->direction[1] * t;
    z[i] = ray->origin[2] + ray->direction[2] * t;
  }
  return found;
}

// Below this transmittance nothing is seen: products stay clear of the smallest floats.
static const float opaque = 1e-20f;

// exp(−σ δ) of all samples.
static void passing_shares(size_t count, const float *density, float interval, float *passing) {
  size_t i = 0;
  for (; i + VECTOR_LANES <= count; i += VECTOR_LANES)
    *(unaligned_vec *)(passing + i) = exponential(-interval * load_any(density + i));
  if (i == count) return;
  vec rest = (vec)0;
  for (size_t k = i; k < count; k++) rest[k - i] = density[k];
  rest = exponential(-interval * rest);
  for (size_t k = i; k < count; k++) passing[k] = rest[k - i];
}

double fk_ray_loss(const fk_rays *rays, size_t samples, float interval, float weight,
                   fk_outputs outputs, fk_outputs gradient, float *transmittances) {
  passing_shares(samples, outputs.density, interval, transmittances);
  double loss = 0;
  size_t start = 0;
  for (size_t ray = 0; ray < rays->count; ray++) {
    const size_t end = (size_t)rays->ends[ray];
    const float *target = rays->targets + 3 * ray, *background = rays->backgrounds + 3 * ray;

    // 1. Front to back: Tᵢ₊₁ takes the place of what its sample lets pass.
    float transmittance = 1, red = 0, green = 0, blue = 0;
    for (size_t i = start; i < end; i++) {
      float passed = transmittance * transmittances[i];
      if (passed < opaque) passed = 0;
      const float share = transmittance - passed;
      red += share * outputs.red[i];
      green += share * outputs.green[i];
      blue += share * outputs.blue[i];
      transmittances[i] = transmittance = passed;
    }

    // 2. The pixel's loss.
    const float error[3] = {red + transmittance * background[0] - target[0],
                            green + transmittance * background[1] - target[1],
                            blue + transmittance * background[2] - target[2]};
    loss += (double)(error[0] * error[0] + error[1] * error[1] + error[2] * error[2]) / 3;
    const float scale = weight * (2.0f / 3);
    const float g[3] = {scale * error[0], scale * error[1], scale * error[2]};

    // 3. Back to front, so that S is a running sum.
    float behind =
        transmittance * (background[0] * g[0] + background[1] * g[1] + background[2] * g[2]);
    for (size_t i = end; i-- > start;) {
      const float before = i == start ? 1 : transmittances[i - 1];
      const float share = before - transmittances[i];
      const float slope =
          outputs.red[i] * g[0] + outputs.green[i] * g[1] + outputs.blue[i] * g[2];
      gradient.density[i] = interval * (transmittances[i] * slope - behind);
      gradient.red[i] = share * g[0];
      gradient.green[i] = share * g[1];
      gradient.blue[i] = share * g[2];
      behind += share * slope;
    }
    start = end;
  }
  return loss;
}
