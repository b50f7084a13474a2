// Runs every field kernel that this CPU has over odd sizes, in memory of just the size asked for, so that
// a sanitizer sees each access that leaves it. Prints what disagrees; `scripts/check-kernels` builds it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_kernels.h"

static uint64_t state = 1;

static float uniform(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(state >> 40) / 16777216.0f * 2 - 1;
}

static float *aligned(size_t count) {
  return aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
}

static float *filled(size_t count, float size) {
  float *values = malloc(count * sizeof(float));
  for (size_t i = 0; i < count; i++) values[i] = uniform() * size;
  return values;
}

// Density and radiance, [4 × count], and after them the gradients of positions, [3 × count]; adds those of
// weights to `gradient`.
static float *run(const fk_backend *backend, const fk_field *field, const float *weights, size_t count,
                  const float *samples, float *gradient) {
  float *packed = malloc(fk_packed_count(field) * sizeof(float));
  float *results = malloc(7 * count * sizeof(float));
  float *stored = malloc(4 * count * sizeof(float));
  float *slopes = malloc(4 * count * sizeof(float));
  float *activations = aligned(fk_activation_count(field, count));
  float *scratch = aligned(fk_backward_scratch_count(field, count));
  for (size_t i = 0; i < 4 * count; i++) slopes[i] = 0.25f;
  const fk_inputs inputs = {samples, samples + count, samples + 2 * count, samples + 3 * count,
                            samples + 4 * count, samples + 5 * count};
  const fk_outputs outputs = {results, results + count, results + 2 * count, results + 3 * count};
  const fk_outputs kept = {stored, stored + count, stored + 2 * count, stored + 3 * count};
  const fk_outputs wanted = {slopes, slopes + count, slopes + 2 * count, slopes + 3 * count};
  const fk_positions positions = {results + 4 * count, results + 5 * count, results + 6 * count};
  fk_pack(field, weights, packed);
  fk_forward(backend, field, packed, count, inputs, outputs);
  fk_forward_storing(backend, field, packed, count, inputs, kept, activations);
  fk_backward(backend, field, packed, count, activations, kept, wanted, gradient, positions, scratch);
  if (count > 0 && memcmp(results, stored, 4 * count * sizeof(float)) != 0) {
    printf("%s: storing activations changed a result\n", fk_backend_name(backend));
    exit(1);
  }
  free(packed), free(stored), free(slopes), free(activations), free(scratch);
  return results;
}

// The share by which the weight gradient in bfloat16 misses the one in float32, in the mean square.
static float run_bfloat16(const fk_field *field, const float *weights, size_t count,
                          const float *samples, const float *expected) {
  const size_t length = fk_weight_count(field);
  uint32_t *packed = malloc(fk_packed_bfloat16_count(field) * sizeof(uint32_t));
  float *results = malloc(4 * count * sizeof(float));
  float *stored = malloc(4 * count * sizeof(float));
  float *slopes = malloc(4 * count * sizeof(float));
  float *gradient = calloc(length, sizeof(float));
  uint32_t *activations = (uint32_t *)aligned(fk_activation_bfloat16_count(field, count));
  uint32_t *scratch = (uint32_t *)aligned(fk_backward_bfloat16_scratch_count(field, count));
  for (size_t i = 0; i < 4 * count; i++) slopes[i] = 0.25f;
  const fk_inputs inputs = {samples, samples + count, samples + 2 * count, samples + 3 * count,
                            samples + 4 * count, samples + 5 * count};
  const fk_outputs outputs = {results, results + count, results + 2 * count, results + 3 * count};
  const fk_outputs kept = {stored, stored + count, stored + 2 * count, stored + 3 * count};
  const fk_outputs wanted = {slopes, slopes + count, slopes + 2 * count, slopes + 3 * count};
  fk_pack_bfloat16(field, weights, packed);
  fk_forward_bfloat16(field, packed, count, inputs, outputs, NULL);
  fk_forward_bfloat16(field, packed, count, inputs, kept, activations);
  fk_backward_bfloat16(field, packed, count, activations, kept, wanted, gradient, scratch);
  if (count > 0 && memcmp(results, stored, 4 * count * sizeof(float)) != 0) {
    printf("bfloat16: storing activations changed a result\n");
    exit(1);
  }
  double difference = 0, total = 0;
  for (size_t i = 0; i < length; i++) {
    difference += ((double)gradient[i] - expected[i]) * ((double)gradient[i] - expected[i]);
    total += (double)expected[i] * expected[i];
  }
  free(packed), free(results), free(stored), free(slopes), free(gradient), free(activations);
  free(scratch);
  return total > 0 ? (float)sqrt(difference / total) : 0;
}

static int check(fk_field field, size_t count) {
  float *weights = filled(fk_weight_count(&field), 1.5f / sqrtf((float)field.width));
  float *samples = filled(6 * count, 1);
  const size_t length = fk_weight_count(&field);
  float *gradient = calloc(length, sizeof(float)), *other = calloc(length, sizeof(float));
  float *expected = run(fk_backend_at(0), &field, weights, count, samples, gradient);
  int failures = 0;
  for (int32_t index = 1; fk_backend_at(index); index++) {
    const fk_backend *backend = fk_backend_at(index);
    if (!fk_backend_runs_here(backend)) continue;
    float *found = run(backend, &field, weights, count, samples, other);
    for (size_t i = 0; i < 4 * count; i++) {
      if (!(fabsf(found[i] - expected[i]) <= 2e-5f * fabsf(expected[i]) + 4e-6f)) failures++;
    }
    free(found);
  }
  if (fk_bfloat16_runs_here()) {
    // In deep networks errors grow with the layers, and of few samples one may pass a unit that it
    // does not pass in float32: there it is the memory that is checked.
    const float miss = run_bfloat16(&field, weights, count, samples, gradient);
    if (!(miss < 0.1f) && field.hidden_layer_count <= 2 && count >= 31) {
      printf("bfloat16: the gradient misses by %g\n", (double)miss);
      failures++;
    }
  }
  if (failures > 0)
    printf("%d values differ: %d octaves, %d × %d, view %d × %d, %zu samples\n", failures,
           field.position_octaves, field.hidden_layer_count, field.width, field.direction_octaves,
           field.colour_width, count);
  free(weights), free(samples), free(expected), free(gradient), free(other);
  return failures;
}

int main(void) {
  const int octaves[] = {0, 1, 7, 16}, layers[] = {1, 2, 16};
  const int widths[] = {1, 7, 16, 33, 64, 255, 256}, views[] = {-1, 0, 3, 8};
  const size_t counts[] = {0, 1, 31, 32, 33, 65};
  int failures = 0, runs = 0;
  for (size_t o = 0; o < 4; o++)
    for (size_t l = 0; l < 3; l++)
      for (size_t w = 0; w < 7; w++)
        for (size_t v = 0; v < 4; v++) {
          // The deepest of the widest would take minutes under a sanitizer and try nothing new.
          if (layers[l] == 16 && widths[w] > 64) continue;
          const fk_field field = {.position_octaves = octaves[o],
                                  .hidden_layer_count = layers[l],
                                  .width = widths[w],
                                  .direction_octaves = views[v],
                                  .colour_width = widths[(w + v) % 7],
                                  .density_activation = (int32_t)(w % 2),
                                  .density_shift = 1,
                                  .density_scale = 10,
                                  .centre = {0.1f, -0.2f, 0.3f},
                                  .inverse_half_extent = 0.8f};
          const size_t count = counts[(o + l + w + v) % 6];
          failures += check(field, count);
          runs++;
        }
  printf("%d fields, %d values that differ\n", runs, failures);
  return failures > 0;
}
