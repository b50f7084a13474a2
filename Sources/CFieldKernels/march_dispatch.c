// Chooses the marching that belongs to a backend of the field kernels.
#include "field_plan.h"
#include "march_plan.h"

static const march_backend *marching(const fk_backend *backend) {
#if defined(__x86_64__)
  if (backend == &fk_avx512_backend) return &march_avx512_backend;
  if (backend == &fk_avx2_backend) return &march_avx2_backend;
#endif
  (void)backend;
  return &march_portable_backend;
}

void fk_cast(const fk_backend *backend, const fk_pixel_row *pixels, float *direction_x,
             float *direction_y, float *direction_z, float *enter, float *leave) {
  marching(backend)->cast(pixels, direction_x, direction_y, direction_z, enter, leave);
}

size_t fk_march(const fk_backend *backend, const fk_empty_space *space, const fk_ray_front *front,
                size_t first, int32_t *ended) {
  return marching(backend)->march(space, front, first, ended);
}

void fk_place_samples(const fk_backend *backend, const fk_ray_front *front, fk_samples samples) {
  marching(backend)->place_samples(front, samples);
}

void fk_composite(const fk_backend *backend, const fk_ray_front *front, fk_outputs samples,
                  float threshold) {
  marching(backend)->composite(front, samples, threshold);
}
