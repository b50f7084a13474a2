// The backward pass: gradients of all weights and, if wanted, of the positions.
//
// Part of each kernels_*.c, after kernels_forward.h.
//
// A layer's weight gradient is a sum over samples, so there the samples are walked one by one and the
// features lie in lanes: the layer's inputs are transposed once, and after that the register tile is
// that of the forward pass, with the gradients of the outputs in the part of the weights.

// Rows of one quantity over all blocks: `rows` + block · `stride`.
typedef struct {
  const float *rows;
  size_t stride;
} blocked_rows;

static blocked_rows rows_from(blocked_rows all, int row) {
  return (blocked_rows){all.rows + row * FK_LANES, all.stride};
}

// ---- Weight gradients --------------------------------------------------------------------------

enum {
  // Inputs of a layer in a tile of its weight gradient.
  inputs_per_tile = 2 * VECTOR_LANES,
  // Samples that the inner loop takes at a time; divides FK_LANES.
  SAMPLES_PER_TURN = 8,
};

_Static_assert(inputs_per_tile <= FK_TRANSPOSED_TILE, "the scratch memory holds whole tiles");

// A layer's inputs, a sample's features side by side:
// [inputs / inputs_per_tile][samples][inputs_per_tile].
//
// Rows past the last input are read and written, but no sum that is kept looks at them.
static void transpose_inputs(blocked_rows a, size_t blocks, int inputs, float *transposed) {
  for (int k = 0; k < inputs; k += VECTOR_LANES) {
    float *tile = transposed + (size_t)(k / inputs_per_tile) * blocks * FK_LANES * inputs_per_tile +
                  k % inputs_per_tile;
    for (size_t block = 0; block < blocks; block++) {
      const float *from = a.rows + block * a.stride + k * FK_LANES;
      for (int v = 0; v < vectors_per_row; v++) {
        vec rows[VECTOR_LANES];
#pragma clang loop unroll(full)
        for (int i = 0; i < VECTOR_LANES; i++) rows[i] = load(from + i * FK_LANES);
        transpose(rows);
#pragma clang loop unroll(full)
        for (int i = 0; i < VECTOR_LANES; i++) store(tile + i * inputs_per_tile, rows[i]);
        from += VECTOR_LANES;
        tile += VECTOR_LANES * inputs_per_tile;
      }
    }
  }
}

// One sample's part of the gradients of `rows` outputs' weights for `columns` vectors of inputs.
INLINE void add_sample(const float *restrict slopes, const float *restrict a, int rows, int columns,
                       vec *first, vec *second) {
  const vec x = load(a), y = columns == 2 ? load(a + VECTOR_LANES) : (vec)0.0f;
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    const vec slope = (vec)slopes[j * FK_LANES];
    first[j] += slope * x;
    if (columns == 2) second[j] += slope * y;
  }
}

// Adds the first `count` lanes to a stretch of memory.
INLINE void accumulate(float *restrict destination, vec sum, int count) {
  if (count >= VECTOR_LANES) {
    *(unaligned_vec *)destination += sum;
  } else {
    float lanes[VECTOR_LANES];
    *(unaligned_vec *)lanes = sum;
    for (int i = 0; i < count; i++) destination[i] += lanes[i];
  }
}

// ∂L/∂W += Σ over samples of g aᵀ for `rows` outputs × `columns` vectors of inputs, all in registers.
//
// Of the sums, `kept_outputs` × `kept_inputs` are those of weights.
INLINE void gradient_tile(blocked_rows g, const float *restrict a, size_t blocks, int rows,
                          int columns, int kept_outputs, int kept_inputs, float *restrict gradient,
                          size_t row_length) {
  vec first[FK_TILE], second[FK_TILE];
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)0.0f;
  for (size_t block = 0; block < blocks; block++) {
    const float *slopes = g.rows + block * g.stride;
    for (int sample = 0; sample < FK_LANES; sample += SAMPLES_PER_TURN) {
#pragma clang loop unroll(full)
      for (int i = 0; i < SAMPLES_PER_TURN; i++)
        add_sample(slopes + i, a + i * inputs_per_tile, rows, columns, first, second);
      slopes += SAMPLES_PER_TURN;
      a += SAMPLES_PER_TURN * inputs_per_tile;
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    if (j < kept_outputs) {
      accumulate(gradient + (size_t)j * row_length, first[j], kept_inputs);
      if (columns == 2)
        accumulate(gradient + (size_t)j * row_length + VECTOR_LANES, second[j],
                   kept_inputs - VECTOR_LANES);
    }
  }
}

// `rows` outputs of one map: all their weights.
INLINE void gradient_rows(fk_linear map, blocked_rows g, const float *transposed, size_t blocks,
                          int rows, int kept_outputs, float *gradient) {
  for (int k = 0; k < map.inputs; k += inputs_per_tile) {
    const float *a = transposed + (size_t)k * blocks * FK_LANES;
    const int kept_inputs = map.inputs - k;
    if (kept_inputs > VECTOR_LANES)
      gradient_tile(g, a, blocks, rows, 2, kept_outputs, kept_inputs, gradient + k,
                    (size_t)map.inputs);
    else
      gradient_tile(g, a, blocks, rows, 1, kept_outputs, kept_inputs, gradient + k,
                    (size_t)map.inputs);
  }
}

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

// Adds the gradients of one affine map's W and b.
//
// `g` is ∂L/∂ of its outputs, zero for samples that are none.
static void weight_gradient_of(fk_linear map, blocked_rows g, const float *transposed, size_t blocks,
                               float *weight_gradient) {
  float *matrix = weight_gradient + map.weights;
  for (int m = 0; m < map.outputs; m += OUTPUT_TILE) {
    float *rows = matrix + (size_t)m * (size_t)map.inputs;
    const int kept = map.outputs - m;
    if (kept > 4)
      gradient_rows(map, rows_from(g, m), transposed, blocks, OUTPUT_TILE, kept, rows);
    else
      gradient_rows(map, rows_from(g, m), transposed, blocks, 4, kept, rows);
  }
  float *bias = matrix + (size_t)map.outputs * (size_t)map.inputs;
  for (int m = 0; m < map.outputs; m++) {
    vec sum = (vec)0.0f;
    for (size_t block = 0; block < blocks; block++)
      for (int v = 0; v < vectors_per_row; v++)
        sum += load(g.rows + block * g.stride + m * FK_LANES + v * VECTOR_LANES);
    bias[m] += lane_sum(sum);
  }
}

// ---- Gradients of activations ------------------------------------------------------------------

// The gradient of a layer's input, which was the rows `mask` of a ReLU layer: Wᵀ g where mask > 0.
static void input_gradient(const float *tiles, const float *gradient, float *out, int inputs,
                           int outputs, const float *mask) {
  layer(tiles, gradient, out, inputs, outputs, masked_output, mask);
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

// ∂L/∂position of one block's samples from ∂L/∂γ, scene units.
//
//     d sin(2ˡπp)/dp = 2ˡπ cos(2ˡπp)      d cos(2ˡπp)/dp = −2ˡπ sin(2ˡπp)
//
// `encoded` holds γ, so no sine is computed again.
static void store_position_gradient(const fk_field *field, const float *encoded,
                                    const float *gradient, size_t start, size_t lanes,
                                    fk_positions positions) {
  float *destinations[3] = {positions.x, positions.y, positions.z};
  for (int axis = 0; axis < 3; axis++) {
    _Alignas(64) float row[FK_LANES];
    for (int v = 0; v < vectors_per_row; v++) {
      const size_t first = (size_t)(axis * FK_LANES + v * VECTOR_LANES);
      const float *value = encoded + first, *slope = gradient + first;
      vec sum = load(slope);
      float factor = 3.14159265f;
      for (int octave = 0; octave < field->position_octaves; octave++) {
        const size_t sine = (size_t)(3 + 6 * octave) * FK_LANES, cosine = sine + 3 * FK_LANES;
        sum += factor * (load(slope + sine) * load(value + cosine) -
                         load(slope + cosine) * load(value + sine));
        factor *= 2.0f;
      }
      store(row + v * VECTOR_LANES, sum * field->inverse_half_extent);
    }
    store_row(row, lanes, destinations[axis] + start);
  }
}

// ---- All layers --------------------------------------------------------------------------------

static void backward(const fk_plan *plan, const float *packed, size_t count,
                     const float *activations, fk_outputs outputs, fk_outputs output_gradient,
                     float *weight_gradient, fk_positions position_gradient, float *scratch) {
  const fk_field *field = plan->field;
  const size_t blocks = (count + FK_LANES - 1) / FK_LANES;
  const size_t activation_stride = (size_t)plan->row_count * FK_LANES;
  const size_t gradient_stride = (size_t)plan->gradient_rows * FK_LANES;
  const size_t output_stride = FK_TILE * FK_LANES;
  float *current = scratch;
  float *next = current + blocks * gradient_stride + FK_TILE * FK_LANES;
  float *output_rows = next + blocks * gradient_stride + FK_TILE * FK_LANES;
  float *transposed = output_rows + blocks * output_stride + FK_TILE * FK_LANES;

  // 1. Through the output activations.
  for (size_t block = 0; block < blocks; block++) {
    const size_t start = block * FK_LANES;
    raw_output_gradient(field, start, count - start < FK_LANES ? count - start : FK_LANES, outputs,
                        output_gradient, output_rows + block * output_stride);
  }

  // 2. Through the output layers: `current` becomes the gradient of the last hidden layer's sums.
  const blocked_rows output = {output_rows, output_stride};
  const blocked_rows last_hidden = {activations + plan->hidden_row[plan->layer_count] * FK_LANES,
                                    activation_stride};
  if (field->direction_octaves >= 0) {
    const blocked_rows colour_hidden = {activations + plan->colour_row * FK_LANES,
                                        activation_stride};
    const blocked_rows radiance = rows_from(output, 1);
    transpose_inputs(colour_hidden, blocks, plan->radiance.inputs, transposed);
    weight_gradient_of(plan->radiance, radiance, transposed, blocks, weight_gradient);
    const int density_row = field->colour_width;
    for (size_t block = 0; block < blocks; block++) {
      float *rows = next + block * gradient_stride;
      input_gradient(packed + plan->radiance.transposed, radiance.rows + block * output_stride, rows,
                     3, field->colour_width, colour_hidden.rows + block * activation_stride);
      store_row(output_rows + block * output_stride, FK_LANES, rows + density_row * FK_LANES);
    }
    const blocked_rows head = {next, gradient_stride};
    transpose_inputs(last_hidden, blocks, plan->colour.inputs, transposed);
    weight_gradient_of(plan->colour, head, transposed, blocks, weight_gradient);
    weight_gradient_of(plan->density, rows_from(head, density_row), transposed, blocks,
                       weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->head_transposed, next + block * gradient_stride,
                     current + block * gradient_stride, field->colour_width + 1, field->width,
                     last_hidden.rows + block * activation_stride);
  } else {
    transpose_inputs(last_hidden, blocks, plan->output.inputs, transposed);
    weight_gradient_of(plan->output, output, transposed, blocks, weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->output.transposed, output_rows + block * output_stride,
                     current + block * gradient_stride, 4, field->width,
                     last_hidden.rows + block * activation_stride);
  }

  // 3. Through the hidden layers, last to first.
  for (int i = plan->layer_count - 1; i >= 0; i--) {
    const blocked_rows gradient = {current, gradient_stride};
    const blocked_rows in = {activations + plan->hidden_row[i] * FK_LANES, activation_stride};
    transpose_inputs(in, blocks, plan->hidden[i].inputs, transposed);
    weight_gradient_of(plan->hidden[i], gradient, transposed, blocks, weight_gradient);
    if (i == 0) break;
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + plan->hidden[i].transposed, current + block * gradient_stride,
                     next + block * gradient_stride, field->width, field->width,
                     in.rows + block * activation_stride);
    float *swap = current;
    current = next;
    next = swap;
  }

  // 4. Through the encoding, where positions are to be fitted.
  if (!position_gradient.x) return;
  for (size_t block = 0; block < blocks; block++) {
    const size_t start = block * FK_LANES;
    layer(packed + plan->hidden[0].transposed, current + block * gradient_stride, next, field->width,
          plan->position_inputs, linear_output, NULL);
    store_position_gradient(field, activations + block * activation_stride, next, start,
                            count - start < FK_LANES ? count - start : FK_LANES, position_gradient);
  }
}
