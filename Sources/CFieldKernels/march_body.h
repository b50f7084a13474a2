// Marching, for any vector width: included once per instruction set. Lanes are rays.
//
// VECTOR_LANES: floats in a vector; a divisor of FK_RAY_GROUP.
#include "march_plan.h"

// A product and a sum are rounded one after the other on every CPU.
#pragma clang fp contract(off)

typedef float vec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef int32_t ivec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef float unaligned_vec __attribute__((ext_vector_type(VECTOR_LANES), aligned(4)));
typedef int32_t unaligned_ivec __attribute__((ext_vector_type(VECTOR_LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *address) { return *(const unaligned_vec *)address; }
INLINE ivec load_whole(const int32_t *address) { return *(const unaligned_ivec *)address; }
INLINE void store(float *address, vec value) { *(unaligned_vec *)address = value; }
INLINE void store_whole(int32_t *address, ivec value) { *(unaligned_ivec *)address = value; }

INLINE int any(ivec condition) { return __builtin_reduce_or(condition) != 0; }

INLINE ivec first_places(void) {
  ivec places;
#pragma clang loop unroll(full)
  for (int lane = 0; lane < VECTOR_LANES; lane++) places[lane] = lane;
  return places;
}

static void cast(const fk_pixel_row *pixels, float *direction_x, float *direction_y,
                 float *direction_z, float *enter, float *leave) {
  const fk_pixel_row row = *pixels;
  const float y = -((float)row.row + 0.5f - row.principal[1]) / row.focal[1];
  for (size_t start = 0; start < row.count; start += VECTOR_LANES) {
    const ivec column = first_places() + (row.first_column + (int32_t)start);
    const vec x =
        (__builtin_convertvector(column, vec) + 0.5f - row.principal[0]) / row.focal[0];
    vec direction[3];
    for (int axis = 0; axis < 3; axis++)
      direction[axis] = (row.right[axis] * x + row.up[axis] * y) - row.backward[axis];
    const vec length = __builtin_elementwise_sqrt(
        (direction[0] * direction[0] + direction[1] * direction[1]) + direction[2] * direction[2]);
    vec first = (vec)-__builtin_inff(), last = (vec)__builtin_inff();
    for (int axis = 0; axis < 3; axis++) {
      direction[axis] /= length;
      const vec speed = __builtin_elementwise_abs(direction[axis]);
      const vec inverse = 1.0f / (speed > 1e-30f ? direction[axis] : (vec)1e-30f);
      const vec lower = (row.minimum[axis] - row.position[axis]) * inverse;
      const vec upper = (row.maximum[axis] - row.position[axis]) * inverse;
      const vec in = inverse > 0 ? lower : upper, out = inverse > 0 ? upper : lower;
      first = in > first ? in : first;
      last = out < last ? out : last;
    }
    store(direction_x + start, direction[0]);
    store(direction_y + start, direction[1]);
    store(direction_z + start, direction[2]);
    store(enter + start, first);
    store(leave + start, last);
  }
}

// The whole part of a number that is first held to 0…`limit`, rounded down but on whole numbers: half
// of those go to the number below. What is not a number becomes 0.
//
// Adding 1.5 · 2²³ leaves no room for a fraction, and the nearest whole number in the lower bits.
INLINE ivec whole_part(vec value, float limit) {
  const vec raised = value > 0 ? value : (vec)0;
  const vec held = raised < limit ? raised : (vec)limit;
  return (ivec)((held - 0.5f) + 12582912.0f) - 0x4b400000;
}

// SplitMix64, as `SeededGenerator` has it: the first number in [0, 1) of one part of a stream.
INLINE uint64_t mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

INLINE float draw(uint64_t stream, uint64_t part) {
  const uint64_t step = 0x9e3779b97f4a7c15;
  return (float)(mixed(mixed(stream ^ mixed(part * step + 1)) + step) >> 40) * 0x1p-24f;
}

// Lanes from `start` on whose `seeking` is set are taken to their next samples; the others stay.
//
// Returns those which have one.
INLINE ivec march_lanes(const fk_empty_space *space, const fk_ray_front *front, size_t start,
                        ivec seeking, int is_random) {
  const vec direction[3] = {load(front->direction_x + start), load(front->direction_y + start),
                            load(front->direction_z + start)};
  const vec near = load(front->near + start), far = load(front->far + start);
  const vec intervals_per_unit = load(front->intervals_per_unit + start);
  const ivec end = load_whole(front->end + start);
  ivec next = load_whole(front->next + start);
  vec taken = load(front->t + start);
  ivec found = (ivec)0;
  while (any(seeking)) {
    seeking &= next < end;
    // 1. The sample of the next interval.
    vec offset = (vec)0.5f;
    // What the sample's place in its interval adds to the number of intervals skipped. Where the
    // others' samples lie is not known if they are random: only whole intervals are skipped.
    vec slack = (vec)1.0f;
    if (is_random) {
      // Each interval has its own draw, so skipping an empty stretch moves no later sample.
#pragma clang loop unroll(full)
      for (int lane = 0; lane < VECTOR_LANES; lane++)
        offset[lane] = draw(front->streams[start + lane], (uint64_t)next[lane]);
      slack = offset;
    }
    const vec t = near + (__builtin_convertvector(next, vec) + offset) * front->interval;
    seeking &= t < far;
    // 2. Its cell's distance.
    ivec index = (ivec)0;
#pragma clang loop unroll(full)
    for (int axis = 2; axis >= 0; axis--) {
      const vec position = front->origin[axis] + direction[axis] * t;
      const vec scaled = (position - space->minimum[axis]) * space->inverse_cell_size;
      index = index * space->counts[axis] + whole_part(scaled, (float)space->counts[axis] - 0.5f);
    }
    ivec distance;
#pragma clang loop unroll(full)
    for (int lane = 0; lane < VECTOR_LANES; lane++)
      distance[lane] = space->distances[(uint32_t)index[lane]];
    // 3. From a cell of distance n, n − 1 cells can be crossed along the axis on which the ray is
    // fastest before an occupied one can come. Rounding never skips a sample: a thirty-second of an
    // interval is given away.
    const vec way = __builtin_convertvector(distance - 1, vec) * space->cell_size;
    vec skipped = way * intervals_per_unit + (slack - 0x1p-5f);
    skipped = skipped < 0x1p24f ? skipped : (vec)0x1p24f;
    skipped = skipped > 1 ? skipped : (vec)1;
    next = seeking ? next + __builtin_convertvector(skipped, ivec) : next;
    const ivec hit = seeking & (distance == 0);
    taken = hit ? t : taken;
    found |= hit;
    seeking &= ~hit;
  }
  store_whole(front->next + start, next);
  store(front->t + start, taken);
  return found;
}

static size_t march(const fk_empty_space *space, const fk_ray_front *front, size_t first,
                    int32_t *ended) {
  size_t ended_count = 0;
  const fk_ray_front rays = *front;
  const fk_empty_space cells = *space;
  for (size_t start = first / VECTOR_LANES * VECTOR_LANES; start < rays.count;
       start += VECTOR_LANES) {
    const ivec places = first_places() + (int32_t)start;
    const ivec asked = (places >= (int32_t)first) & (places < (int32_t)rays.count);
    const ivec found = rays.streams ? march_lanes(&cells, &rays, start, asked, 1)
                                    : march_lanes(&cells, &rays, start, asked, 0);
    const ivec missing = asked & ~found;
    if (!any(missing)) continue;
    for (int lane = 0; lane < VECTOR_LANES; lane++) {
      ended[ended_count] = (int32_t)start + lane;
      ended_count -= missing[lane];
    }
  }
  return ended_count;
}

static void place_samples(const fk_ray_front *front, fk_samples samples) {
  const fk_ray_front rays = *front;
  for (size_t start = 0; start < rays.count; start += VECTOR_LANES) {
    const vec t = load(rays.t + start);
    const vec direction[3] = {load(rays.direction_x + start), load(rays.direction_y + start),
                              load(rays.direction_z + start)};
    store(samples.x + start, rays.origin[0] + direction[0] * t);
    store(samples.y + start, rays.origin[1] + direction[1] * t);
    store(samples.z + start, rays.origin[2] + direction[2] * t);
    store(samples.direction_x + start, direction[0]);
    store(samples.direction_y + start, direction[1]);
    store(samples.direction_z + start, direction[2]);
  }
}

// e^(−x), as `Exponential` has it: the same operations in the same order.
INLINE vec decay(vec x) {
  vec limited = x < 0 ? (vec)0 : -x;
  limited = x > 87 ? (vec)-87.0f : limited;
  const vec shifted = limited * 1.44269504f + 12582912.0f;
  const vec n = shifted - 12582912.0f;
  const vec r = (limited - n * 0.693359375f) + n * 2.1219444e-4f;
  vec sum = (vec)(1.0f / 5040);
  sum = sum * r + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r + 1.0f;
  sum = sum * r + 1.0f;
  const vec power = (vec)(((ivec)shifted - 0x4b400000 + 127) << 23);
  return x > 87 ? (vec)0 : sum * power;
}

static void composite(const fk_ray_front *front, fk_outputs samples, float threshold) {
  const fk_ray_front rays = *front;
  for (size_t start = 0; start < rays.count; start += VECTOR_LANES) {
    const vec passing = decay(load(samples.density + start) * rays.interval);
    const vec transmittance = load(rays.transmittance + start);
    const vec weight = transmittance * (1 - passing);
    const vec left = transmittance * passing;
    store(rays.transmittance + start, left);
    store(rays.red + start, load(rays.red + start) + weight * load(samples.red + start));
    store(rays.green + start, load(rays.green + start) + weight * load(samples.green + start));
    store(rays.blue + start, load(rays.blue + start) + weight * load(samples.blue + start));
    store(rays.weighted_distance + start,
          load(rays.weighted_distance + start) + weight * load(rays.t + start));
    const ivec next = load_whole(rays.next + start), end = load_whole(rays.end + start);
    store_whole(rays.next + start, left < threshold ? end : next);
  }
}
