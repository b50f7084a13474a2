// Marching on one instruction set.
#ifndef MARCH_PLAN_H
#define MARCH_PLAN_H

#include "march_kernels.h"

typedef struct march_backend {
  void (*cast)(const fk_pixel_row *pixels, float *direction_x, float *direction_y,
               float *direction_z, float *enter, float *leave);
  size_t (*march)(const fk_empty_space *space, const fk_ray_front *front, size_t first,
                  int32_t *ended);
  void (*place_samples)(const fk_ray_front *front, fk_samples samples);
  void (*composite)(const fk_ray_front *front, fk_outputs samples, float threshold);
} march_backend;

extern const march_backend march_portable_backend;
#if defined(__x86_64__)
extern const march_backend march_avx2_backend;
extern const march_backend march_avx512_backend;
#endif

#endif
