// Marching: rays are cast; under way side by side each is taken to its next sample; samples are
// composited.
//
// Every instruction set gives the same bits: all of it is single multiplications, additions and
// comparisons, in one order.
//
// What they will not do: allocate memory, start threads, keep state between calls. No two arrays may
// overlap; they may have any alignment.
#ifndef MARCH_KERNELS_H
#define MARCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "field_kernels.h"

// Rays are looked at in groups of this many: arrays have room for a whole number of groups, and what
// stands past the last ray may be read and overwritten.
#define FK_RAY_GROUP 16

// A row of a pinhole camera's pixels, and a box.
typedef struct fk_pixel_row {
  size_t count;
  int32_t first_column, row;                       // of the picture, from the top left
  float position[3], right[3], up[3], backward[3]; // scene units; the camera's axes, orthonormal
  float focal[2], principal[2];                    // x, y; pixels
  float minimum[3], maximum[3];                    // the box, scene units; sides may be infinite
} fk_pixel_row;

// Casts rays through the centres of pixels: writes their directions, and where each can be in the box,
// the distances between which it is inside all three slabs (Kay and Kajiya 1986).
//
//     x = (column + ½ − principal x) / focal x    y = −(row + ½ − principal y) / focal y
//     d = (right x + up y − backward) / |…|
//     t± = (box± − position) / d per axis;    enter = max over axes of the smaller, leave = min of the larger
//
// The inverse of an axis along which a ray does not move is held to 10³⁰. A ray whose enter is not at
// most its leave misses the box.
void fk_cast(const fk_backend *backend, const fk_pixel_row *pixels, float *direction_x,
             float *direction_y, float *direction_z, float *enter, float *leave);

// A grid of cubic cells, and how far each is from the nearest that may hold density.
typedef struct fk_empty_space {
  float minimum[3];          // the grid's corner, scene units
  float cell_size;           // scene units
  float inverse_cell_size;   // 1 / scene units
  int32_t counts[3];         // cells along each axis
  // Steps to the nearest cell that may hold density, across edges and corners too; 0: the cell itself
  // may. x runs fastest.
  const uint8_t *distances;
} fk_empty_space;

// Rays from one point, cut into intervals of one length, and what they have gathered. Arrays have an
// entry per ray.
typedef struct fk_ray_front {
  size_t count;
  float origin[3];  // scene units
  float interval;   // δ, scene units
  const float *direction_x, *direction_y, *direction_z;  // unit length
  const float *near, *far;  // where a ray enters and leaves the scene, scene units, ≥ 0
  // Intervals in a way of one scene unit along the axis on which the ray is fastest, or a little less.
  const float *intervals_per_unit;
  const uint64_t *streams;  // the rays' random streams; NULL samples the middle of each interval
  int32_t *next;            // the next interval to look at, ≥ 0
  const int32_t *end;       // the interval before which the ray ends
  float *t;                 // distance of the ray's sample from the origin, scene units
  float *transmittance, *red, *green, *blue, *weighted_distance;  // T, Σ w c and Σ w t
} fk_ray_front;

// Takes the rays from `first` on to their next samples: of the intervals from `next` on the first one
// whose sample, tᵢ, lies before `far` and in a cell of distance 0.
//
//     tᵢ = near + (i + uᵢ) δ      uᵢ = ½ or the first number of the i-th part of the ray's stream
//
// A point outside the grid belongs to the nearest cell. `next` becomes a later interval, before which
// there is no other such sample. Writes which rays have no further sample to `ended`, ascending, and
// returns how many these are; their `t` stays.
size_t fk_march(const fk_backend *backend, const fk_empty_space *space, const fk_ray_front *front,
                size_t first, int32_t *ended);

// The samples of a front's rays, for the field to evaluate.
typedef struct fk_samples {
  float *x, *y, *z;                                // origin + t direction, scene units
  float *direction_x, *direction_y, *direction_z;  // the rays' directions
} fk_samples;

// Writes the samples of all rays.
void fk_place_samples(const fk_backend *backend, const fk_ray_front *front, fk_samples samples);

// Adds its sample to each ray, behind those before it:
//
//     p = e^(−σδ)    w = T (1 − p)    Σwc ← Σwc + w c    Σwt ← Σwt + w t    T ← T p
//
// - samples: σ ≥ 0 per scene unit, and c.
// - threshold: a ray whose T is below it ends: `next` becomes `end`.
void fk_composite(const fk_backend *backend, const fk_ray_front *front, fk_outputs samples,
                  float threshold);

#endif
