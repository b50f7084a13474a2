// The kernels themselves, written once for any vector width. Each kernels_*.c sets the four sizes below,
// the instruction set, and includes this file.
//
//   VECTOR_LANES           floats in a vector register
//   OUTPUT_TILE            outputs in a register tile of a layer, 4 or 8: OUTPUT_TILE × 2 accumulators
//   GRADIENT_TILE_OUTPUTS  × GRADIENT_TILE_INPUTS accumulators in a register tile of a weight gradient
//
// Letters: a row of a block of activations is the FK_LANES values of one feature; `p` walks packed
// weights; `v` counts the vectors of a row.

#include "kernels_vectors.h"

// ---- One layer ---------------------------------------------------------------------------------

// What becomes of a layer's sums: kept, cut off below zero, or passed where `mask` is positive.
typedef enum { linear_output, relu_output, masked_output } output_kind;

// `rows` outputs × 2 vectors of samples, all in registers.
INLINE void layer_tile(const float *restrict p, const float *restrict in, float *restrict out,
                       int inputs, output_kind kind, const float *restrict mask, int rows) {
  vec first[8], second[8];
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)p[j];
  p += FK_TILE;
  for (int k = 0; k < inputs; k++) {
    const vec a = load(in), b = load(in + VECTOR_LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < rows; j++) {
      const vec weight = (vec)p[j];
      first[j] += weight * a;
      second[j] += weight * b;
    }
    in += FK_LANES;
    p += FK_TILE;
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    if (kind == relu_output) {
      first[j] = at_least(first[j], (vec)0.0f);
      second[j] = at_least(second[j], (vec)0.0f);
    } else if (kind == masked_output) {
      first[j] = keep(load(mask + j * FK_LANES) > 0, first[j]);
      second[j] = keep(load(mask + j * FK_LANES + VECTOR_LANES) > 0, second[j]);
    }
    store(out + j * FK_LANES, first[j]);
    store(out + j * FK_LANES + VECTOR_LANES, second[j]);
  }
}

// One affine map for a block: rows `in` → rows `out`. Writes outputs rounded up to a multiple of four.
INLINE void layer(const float *tiles, const float *in, float *out, int inputs, int outputs,
                  output_kind kind, const float *mask) {
  const size_t tile_floats = (size_t)(1 + inputs) * FK_TILE;
  for (int output = 0; output < outputs; output += OUTPUT_TILE) {
    const float *p = tiles + (size_t)(output / FK_TILE) * tile_floats + output % FK_TILE;
    for (int v = 0; v < vectors_per_row; v += 2) {
      const int lane = v * VECTOR_LANES;
      float *to = out + output * FK_LANES + lane;
      const float *pass = mask ? mask + output * FK_LANES + lane : NULL;
      if (outputs - output > 4)
        layer_tile(p, in + lane, to, inputs, kind, pass, OUTPUT_TILE);
      else
        layer_tile(p, in + lane, to, inputs, kind, pass, 4);
    }
  }
}

static void relu_layer(const float *packed, fk_linear map, const float *in, float *out) {
  layer(packed + map.packed, in, out, map.inputs, map.outputs, relu_output, NULL);
}

static void linear_layer(const float *packed, fk_linear map, const float *in, float *out) {
  layer(packed + map.packed, in, out, map.inputs, map.outputs, linear_output, NULL);
}

// The gradient of a layer's input, which was the rows `mask` of a ReLU layer: Wᵀ g where mask > 0.
static void input_gradient(const float *tiles, const float *gradient, float *out, int inputs,
                           int outputs, const float *mask) {
  layer(tiles, gradient, out, inputs, outputs, masked_output, mask);
}

// ---- Forward -----------------------------------------------------------------------------------

// Copies up to FK_LANES values and fills the rest of the row with zeros.
INLINE void load_row(const float *source, size_t count, float *row) {
  for (size_t i = 0; i < FK_LANES; i++) row[i] = i < count ? source[i] : 0;
}

INLINE void store_row(const float *row, size_t count, float *destination) {
  for (size_t i = 0; i < count; i++) destination[i] = row[i];
}

enum { widest_layer_rows = FK_MAXIMUM_WIDTH + 6 * FK_MAXIMUM_DIRECTION_OCTAVES + 3 + FK_TILE };

static void forward(const fk_plan *plan, const float *packed, size_t count, fk_inputs inputs,
                    fk_outputs outputs, float *activations) {
  const fk_field *field = plan->field;
  // Without a place to keep them, activations alternate between two buffers that stay in L1.
  _Alignas(64) float buffers[2][widest_layer_rows * FK_LANES];
  _Alignas(64) float coordinates[3 * FK_LANES];
  _Alignas(64) float density[4 * FK_LANES], radiance[4 * FK_LANES];

  for (size_t start = 0; start < count; start += FK_LANES) {
    const size_t lanes = count - start < FK_LANES ? count - start : FK_LANES;
    float *block =
        activations ? activations + start / FK_LANES * (size_t)plan->row_count * FK_LANES : NULL;

    // 1. Positions, normalised to the bound and encoded.
    const float *positions[3] = {inputs.x, inputs.y, inputs.z};
    for (int axis = 0; axis < 3; axis++) {
      float *row = coordinates + axis * FK_LANES;
      load_row(positions[axis] + start, lanes, row);
      for (int v = 0; v < vectors_per_row; v++) {
        float *at = row + v * VECTOR_LANES;
        store(at, (load(at) - field->centre[axis]) * field->inverse_half_extent);
      }
    }
    float *in = block ? block : buffers[0];
    encode(coordinates, field->position_octaves, in);

    // 2. Hidden layers.
    for (int i = 0; i < plan->layer_count; i++) {
      float *out = block ? block + plan->hidden_row[i + 1] * FK_LANES : buffers[(i + 1) & 1];
      relu_layer(packed, plan->hidden[i], in, out);
      in = out;
    }

    // 3. Density and radiance, before their activations.
    const float *raw[4] = {density, radiance, radiance + FK_LANES, radiance + 2 * FK_LANES};
    if (field->direction_octaves >= 0) {
      const float *directions[3] = {inputs.direction_x, inputs.direction_y, inputs.direction_z};
      for (int axis = 0; axis < 3; axis++)
        load_row(directions[axis] + start, lanes, coordinates + axis * FK_LANES);
      encode(coordinates, field->direction_octaves, in + field->width * FK_LANES);
      float *hidden = block ? block + plan->colour_row * FK_LANES
                            : buffers[(plan->layer_count + 1) & 1];
      linear_layer(packed, plan->density, in, density);
      relu_layer(packed, plan->colour, in, hidden);
      linear_layer(packed, plan->radiance, hidden, radiance);
    } else {
      linear_layer(packed, plan->output, in, density);
      for (int i = 1; i < 4; i++) raw[i] = density + i * FK_LANES;
    }

    // 4. Activations.
    float *destinations[4] = {outputs.density, outputs.red, outputs.green, outputs.blue};
    for (int i = 0; i < 4; i++) {
      _Alignas(64) float row[FK_LANES];
      for (int v = 0; v < vectors_per_row; v++) {
        const vec value = load(raw[i] + v * VECTOR_LANES);
        store(row + v * VECTOR_LANES, i == 0 ? density_of(field, value) : sigmoid(value));
      }
      store_row(row, lanes, destinations[i] + start);
    }
  }
}

// ---- Backward ----------------------------------------------------------------------------------

// The sum of a vector's lanes, halves added to halves: one fixed order per vector width.
INLINE float lane_sum(vec value) {
  float lanes[VECTOR_LANES];
  *(unaligned_vec *)lanes = value;
  for (int half = VECTOR_LANES / 2; half > 0; half /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

// Rows of one quantity over all blocks: `rows` + block · `stride`.
typedef struct {
  const float *rows;
  size_t stride;
} blocked_rows;

// ∂L/∂W += Σ over samples of g aᵀ for a tile of `outputs` × `inputs` entries, all in registers.
INLINE void gradient_tile(blocked_rows g, blocked_rows a, size_t blocks, int outputs, int inputs,
                          int kept_outputs, int kept_inputs, float *gradient, size_t row_length) {
  vec sum[GRADIENT_TILE_OUTPUTS][GRADIENT_TILE_INPUTS];
#pragma clang loop unroll(full)
  for (int m = 0; m < outputs; m++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < inputs; k++) sum[m][k] = (vec)0.0f;
  }
  for (size_t block = 0; block < blocks; block++) {
    const float *g_rows = g.rows + block * g.stride;
    const float *a_rows = a.rows + block * a.stride;
    for (int v = 0; v < vectors_per_row; v++) {
      vec activation[GRADIENT_TILE_INPUTS];
#pragma clang loop unroll(full)
      for (int k = 0; k < inputs; k++)
        activation[k] = load(a_rows + k * FK_LANES + v * VECTOR_LANES);
#pragma clang loop unroll(full)
      for (int m = 0; m < outputs; m++) {
        const vec slope = load(g_rows + m * FK_LANES + v * VECTOR_LANES);
#pragma clang loop unroll(full)
        for (int k = 0; k < inputs; k++) sum[m][k] += slope * activation[k];
      }
    }
  }
  // Rows past the last output or input hold leftovers: their sums are not used.
#pragma clang loop unroll(full)
  for (int m = 0; m < outputs; m++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < inputs; k++)
      if (m < kept_outputs && k < kept_inputs)
        gradient[(size_t)m * row_length + (size_t)k] += lane_sum(sum[m][k]);
  }
}

// Adds the gradients of one affine map's W and b.
static void weight_gradient_of(fk_linear map, blocked_rows g, blocked_rows a, size_t blocks,
                               float *weight_gradient) {
  float *matrix = weight_gradient + map.weights;
  float *bias = matrix + (size_t)map.outputs * (size_t)map.inputs;
  for (int k = 0; k < map.inputs; k += GRADIENT_TILE_INPUTS) {
    for (int m = 0; m < map.outputs; m += GRADIENT_TILE_OUTPUTS) {
      const blocked_rows g_tile = {g.rows + m * FK_LANES, g.stride};
      const blocked_rows a_tile = {a.rows + k * FK_LANES, a.stride};
      gradient_tile(g_tile, a_tile, blocks, GRADIENT_TILE_OUTPUTS, GRADIENT_TILE_INPUTS,
                    map.outputs - m, map.inputs - k,
                    matrix + (size_t)m * (size_t)map.inputs + (size_t)k, (size_t)map.inputs);
    }
  }
  for (int m = 0; m < map.outputs; m++) {
    vec sum = (vec)0.0f;
    for (size_t block = 0; block < blocks; block++)
      for (int v = 0; v < vectors_per_row; v++)
        sum += load(g.rows + block * g.stride + m * FK_LANES + v * VECTOR_LANES);
    bias[m] += lane_sum(sum);
  }
}

// ∂L/∂s and ∂L/∂u of one block, as four rows: density, red, green, blue. Missing lanes are zero.
static void raw_output_gradient(const fk_field *field, size_t start, size_t lanes, fk_outputs outputs,
                                fk_outputs output_gradient, float *rows) {
  const float *values[4] = {outputs.density, outputs.red, outputs.green, outputs.blue};
  const float *slopes[4] = {output_gradient.density, output_gradient.red, output_gradient.green,
                            output_gradient.blue};
  for (int i = 0; i < 4; i++) {
    _Alignas(64) float value_row[FK_LANES], slope_row[FK_LANES];
    load_row(values[i] + start, lanes, value_row);
    load_row(slopes[i] + start, lanes, slope_row);
    for (int v = 0; v < vectors_per_row; v++) {
      const vec value = load(value_row + v * VECTOR_LANES);
      const vec derivative = i == 0 ? density_derivative(field, value) : value - value * value;
      store(rows + i * FK_LANES + v * VECTOR_LANES, load(slope_row + v * VECTOR_LANES) * derivative);
    }
  }
}

static void backward(const fk_plan *plan, const float *packed, size_t count,
                     const float *activations, fk_outputs outputs, fk_outputs output_gradient,
                     float *weight_gradient, float *scratch) {
  const fk_field *field = plan->field;
  const size_t blocks = (count + FK_LANES - 1) / FK_LANES;
  const size_t activation_stride = (size_t)plan->row_count * FK_LANES;
  const size_t gradient_stride = (size_t)plan->gradient_rows * FK_LANES;
  const size_t output_stride = FK_TILE * FK_LANES;
  float *current = scratch;
  float *next = current + blocks * gradient_stride + FK_TILE * FK_LANES;
  float *output_rows = next + blocks * gradient_stride + FK_TILE * FK_LANES;

  // 1. Through the output activations.
  for (size_t block = 0; block < blocks; block++) {
    const size_t start = block * FK_LANES;
    raw_output_gradient(field, start, count - start < FK_LANES ? count - start : FK_LANES, outputs,
                        output_gradient, output_rows + block * output_stride);
  }

  // 2. Through the output layers: `current` becomes the gradient of the last hidden layer's sums.
  const int last_row = plan->hidden_row[plan->layer_count];
  const blocked_rows last_hidden = {activations + last_row * FK_LANES, activation_stride};
  if (field->direction_octaves >= 0) {
    const blocked_rows colour_hidden = {activations + plan->colour_row * FK_LANES, activation_stride};
    const blocked_rows radiance_gradient = {output_rows + FK_LANES, output_stride};
    weight_gradient_of(plan->radiance, radiance_gradient, colour_hidden, blocks, weight_gradient);
    const int density_row = field->colour_width;
    for (size_t block = 0; block < blocks; block++) {
      float *rows = next + block * gradient_stride;
      input_gradient(packed + plan->radiance.transposed,
                     radiance_gradient.rows + block * output_stride, rows, 3, field->colour_width,
                     colour_hidden.rows + block * activation_stride);
      store_row(output_rows + block * output_stride, FK_LANES, rows + density_row * FK_LANES);
    }
    const blocked_rows colour_gradient = {next, gradient_stride};
    const blocked_rows density_gradient = {next + density_row * FK_LANES, gradient_stride};
    weight_gradient_of(plan->colour, colour_gradient, last_hidden, blocks, weight_gradient);
    weight_gradient_of(plan->density, density_gradient, last_hidden, blocks, weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->head_transposed, next + block * gradient_stride,
                     current + block * gradient_stride, field->colour_width + 1, field->width,
                     last_hidden.rows + block * activation_stride);
  } else {
    const blocked_rows gradient = {output_rows, output_stride};
    weight_gradient_of(plan->output, gradient, last_hidden, blocks, weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->output.transposed, output_rows + block * output_stride,
                     current + block * gradient_stride, 4, field->width,
                     last_hidden.rows + block * activation_stride);
  }

  // 3. Through the hidden layers, last to first.
  for (int i = plan->layer_count - 1; i >= 0; i--) {
    const blocked_rows gradient = {current, gradient_stride};
    const blocked_rows in = {activations + plan->hidden_row[i] * FK_LANES, activation_stride};
    weight_gradient_of(plan->hidden[i], gradient, in, blocks, weight_gradient);
    if (i == 0) break;
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->hidden[i].transposed, current + block * gradient_stride,
                     next + block * gradient_stride, field->width, field->width,
                     in.rows + block * activation_stride);
    float *swap = current;
    current = next;
    next = swap;
  }
}
