// The backward pass in bfloat16: gradients of all weights.
//
// Part of kernels_bfloat16.c, after bfloat16_forward.h.
//
// Two sums of products, and the instruction wants neighbours of the sum in one lane. A layer's input
// gradient sums over its outputs, so there a gradient's rows are pairs of outputs; its weight gradient
// sums over samples, so there they are pairs of samples. Each gradient is kept in both forms.

// A gradient of all blocks: at `words` + block · `stride`, first `rows` / 2 rows of pairs of outputs, a
// word per sample, then from `by_sample` on a row per output, a word per pair of samples.
typedef struct {
  uint32_t *words;
  size_t stride, by_sample;
} gradient_rows;

enum { sample_pairs = FK_LANES / 2 };

static gradient_rows gradient_at(uint32_t *words, int rows) {
  return (gradient_rows){words, (size_t)rows * FK_LANES, (size_t)rows / 2 * FK_LANES};
}

static uint32_t *output_pairs(gradient_rows g, size_t block) { return g.words + block * g.stride; }

static uint32_t *sample_rows(gradient_rows g, size_t block) {
  return g.words + block * g.stride + g.by_sample;
}

// ---- Weight gradients --------------------------------------------------------------------------

// A group of sixteen rows of pairs, transposed: [pairs of samples][32], the pairs' first members, then
// their second ones, each for two samples.
//
// Rows past the last pair are read and written, but no sum that is kept looks at them.
static void transpose_group(const uint32_t *rows, size_t stride, size_t blocks, uint32_t *transposed) {
  for (size_t block = 0; block < blocks; block++) {
    for (int v = 0; v < vectors_per_row; v++) {
      vec columns[VECTOR_LANES];
#pragma clang loop unroll(full)
      for (int i = 0; i < VECTOR_LANES; i++)
        columns[i] = (vec)load_pairs(rows + i * FK_LANES + v * VECTOR_LANES);
      transpose(columns);
#pragma clang loop unroll(full)
      for (int i = 0; i < VECTOR_LANES; i += 2) {
        const pairs a = (pairs)columns[i], b = (pairs)columns[i + 1];
        store_pairs(transposed, (a & 0xffff) | b << 16);
        store_pairs(transposed + VECTOR_LANES, a >> 16 | (b & 0xffff0000));
        transposed += 2 * VECTOR_LANES;
      }
    }
    rows += stride;
  }
}

// Words of a transposed group.
static size_t group_words(size_t blocks) { return blocks * FK_LANES * hidden_pairs_per_group; }

static int group_count(int count, int per_group) { return (count + per_group - 1) / per_group; }

// All groups of a layer's inputs, which begin at row `in` of every block: those of hidden outputs, then
// those of an encoding.
static void transpose_inputs(const pair_linear *map, const uint32_t *in, size_t stride, size_t blocks,
                             uint32_t *transposed) {
  for (int pair = 0; pair < map->hidden_pairs; pair += hidden_pairs_per_group) {
    transpose_group(in + pair * FK_LANES, stride, blocks, transposed);
    transposed += group_words(blocks);
  }
  for (int pair = 0; pair < map->encoded_pairs; pair += encoded_pairs_per_group) {
    transpose_group(in + (map->hidden_pairs + pair) * FK_LANES, stride, blocks, transposed);
    transposed += group_words(blocks);
  }
}

// Two samples' part of the gradients of `rows` outputs' weights for a group of inputs.
INLINE void add_sample_pair(const uint32_t *restrict slopes, const uint32_t *restrict a, int rows,
                            vec *first, vec *second) {
  const pairs x = load_pairs(a), y = load_pairs(a + VECTOR_LANES);
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    const pairs slope = (pairs)slopes[j * sample_pairs];
    first[j] = add_products(first[j], slope, x);
    second[j] = add_products(second[j], slope, y);
  }
}

// ∂L/∂W += Σ over samples of g aᵀ for `rows` outputs × a group of inputs, all in registers.
//
// `slopes` is the first output's row of pairs of samples, in the first block. Of the sums, `kept_outputs`
// × `kept_inputs` are those of weights.
INLINE void weight_gradient_tile(const uint32_t *slopes, size_t slope_stride,
                                 const uint32_t *restrict a, size_t blocks, int rows,
                                 group_kind kind, int kept_outputs, int kept_inputs,
                                 float *restrict gradient, size_t row_length) {
  enum { pairs_per_turn = 4 };
  vec first[FK_TILE], second[FK_TILE];
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)0.0f;
  for (size_t block = 0; block < blocks; block++) {
    for (int pair = 0; pair < sample_pairs; pair += pairs_per_turn) {
#pragma clang loop unroll(full)
      for (int i = 0; i < pairs_per_turn; i++)
        add_sample_pair(slopes + pair + i, a + i * 2 * VECTOR_LANES, rows, first, second);
      a += pairs_per_turn * 2 * VECTOR_LANES;
    }
    slopes += slope_stride;
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    if (j >= kept_outputs) continue;
    vec low, high;
    join_stretch(kind, first[j], second[j], &low, &high);
    float *row = gradient + (size_t)j * row_length;
    add_first(row, low, kept_inputs);
    add_first(row + VECTOR_LANES, high, kept_inputs - VECTOR_LANES);
  }
}

// All outputs' weights for one group of inputs.
INLINE void weight_gradient_group(const pair_linear *map, const uint32_t *slopes,
                                  size_t slope_stride, const uint32_t *transposed, size_t blocks,
                                  group_kind kind, input_stretch stretch, float *matrix) {
  const size_t inputs = (size_t)(map->hidden_inputs + map->encoded_inputs);
  for (int output = 0; output < map->outputs; output += FK_TILE) {
    const uint32_t *rows = slopes + output * sample_pairs;
    float *gradient = matrix + (size_t)output * inputs + stretch.start;
    const int kept = map->outputs - output;
    if (kept > 4)
      weight_gradient_tile(rows, slope_stride, transposed, blocks, FK_TILE, kind, kept,
                           stretch.count, gradient, inputs);
    else
      weight_gradient_tile(rows, slope_stride, transposed, blocks, 4, kind, kept, stretch.count,
                           gradient, inputs);
  }
}

// ∂L/∂b += Σ over samples of g, for sixteen outputs at a time.
static void bias_gradient(const uint32_t *slopes, size_t slope_stride, size_t blocks, int outputs,
                          float *bias) {
  const pairs ones = (pairs)0x3f803f80;
  for (int output = 0; output < outputs; output += VECTOR_LANES) {
    vec sums[VECTOR_LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < VECTOR_LANES; i++) sums[i] = (vec)0.0f;
    for (size_t block = 0; block < blocks; block++) {
      const uint32_t *rows = slopes + block * slope_stride + output * sample_pairs;
#pragma clang loop unroll(full)
      for (int i = 0; i < VECTOR_LANES; i++)
        sums[i] = add_products(sums[i], load_pairs(rows + i * sample_pairs), ones);
    }
    transpose(sums);
    vec total = (vec)0.0f;
#pragma clang loop unroll(full)
    for (int i = 0; i < VECTOR_LANES; i++) total += sums[i];
    add_first(bias + output, total, outputs - output);
  }
}

// Adds the gradients of one affine map's W and b.
//
// `slopes` is ∂L/∂ of its first output, as pairs of samples in the first block: zero for samples that are
// none.
static void weight_gradient_of(const pair_linear *map, const uint32_t *slopes, size_t slope_stride,
                               const uint32_t *transposed, size_t blocks, float *weight_gradient) {
  float *matrix = weight_gradient + map->weights;
  const int hidden_groups = group_count(map->hidden_pairs, hidden_pairs_per_group);
  const int encoded_groups = group_count(map->encoded_pairs, encoded_pairs_per_group);
  for (int group = 0; group < hidden_groups; group++) {
    weight_gradient_group(map, slopes, slope_stride, transposed, blocks, hidden_group,
                          hidden_stretch(map, group), matrix);
    transposed += group_words(blocks);
  }
  for (int group = 0; group < encoded_groups; group++) {
    if (group == 0)
      weight_gradient_group(map, slopes, slope_stride, transposed, blocks, coordinate_group,
                            encoded_stretch(map, group), matrix);
    else
      weight_gradient_group(map, slopes, slope_stride, transposed, blocks, octave_group,
                            encoded_stretch(map, group), matrix);
    transposed += group_words(blocks);
  }
  const size_t inputs = (size_t)(map->hidden_inputs + map->encoded_inputs);
  bias_gradient(slopes, slope_stride, blocks, map->outputs, matrix + (size_t)map->outputs * inputs);
}

// ---- Gradients of activations ------------------------------------------------------------------

// Both forms of a pair of rows of a gradient.
INLINE void store_gradients(uint32_t *by_output, uint32_t *by_sample, vec a_first, vec a_second,
                            vec b_first, vec b_second) {
  store_pairs(by_output, pair_of(a_first, b_first));
  store_pairs(by_output + VECTOR_LANES, pair_of(a_second, b_second));
  store_pairs(by_sample, pairs_along(a_first, a_second));
  store_pairs(by_sample + sample_pairs, pairs_along(b_first, b_second));
}

// Zero where a layer's output, the first or second of a pair, was cut off.
INLINE vec passed_first(pairs activation, vec value) {
  return keep((ivec)((activation & 0x7fff) != 0), value);
}

INLINE vec passed_second(pairs activation, vec value) {
  return keep((ivec)((activation & 0x7fff0000) != 0), value);
}

INLINE void input_gradient_tile(const uint32_t *restrict p, const uint32_t *restrict g, int count,
                                const uint32_t *restrict mask, uint32_t *restrict by_output,
                                uint32_t *restrict by_sample, int rows) {
  vec first[FK_TILE], second[FK_TILE];
  tile_sums(p, g, count, rows, first, second);
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j += 2) {
    const int row = j / 2 * FK_LANES;
    const pairs a = load_pairs(mask + row), b = load_pairs(mask + row + VECTOR_LANES);
    store_gradients(by_output + row, by_sample + j * sample_pairs, passed_first(a, first[j]),
                    passed_first(b, second[j]), passed_second(a, first[j + 1]),
                    passed_second(b, second[j + 1]));
  }
}

// The gradient of one block of a ReLU layer's output `mask`: Wᵀ g where it is positive, of `outputs`
// rows of pairs `g`.
static void input_gradient(const uint32_t *tiles, const uint32_t *g, int count, int inputs,
                           const uint32_t *mask, gradient_rows out, size_t block) {
  for (int input = 0; input < inputs; input += FK_TILE) {
    const int row = input / 2 * FK_LANES;
    uint32_t *by_output = output_pairs(out, block) + row;
    uint32_t *by_sample = sample_rows(out, block) + input * sample_pairs;
    if (inputs - input > 4)
      input_gradient_tile(tiles, g, count, mask + row, by_output, by_sample, FK_TILE);
    else
      input_gradient_tile(tiles, g, count, mask + row, by_output, by_sample, 4);
    tiles += (size_t)(1 + count) * FK_TILE;
  }
}

// ∂L/∂s and ∂L/∂u of one block, zero for missing lanes. Pairs of outputs are (density, red), (green,
// blue) without a view branch, and (density, 0), (red, green), (blue, 0) with one.
static void raw_output_gradient(const fk_field *field, size_t start, size_t lanes, fk_outputs outputs,
                                fk_outputs output_gradient, gradient_rows out, size_t block) {
  const float *values[4] = {outputs.density, outputs.red, outputs.green, outputs.blue};
  const float *slopes[4] = {output_gradient.density, output_gradient.red, output_gradient.green,
                            output_gradient.blue};
  vec g[5][2];
  for (int i = 0; i < 4; i++) {
    _Alignas(64) float value_row[FK_LANES], slope_row[FK_LANES];
    load_row(values[i] + start, lanes, value_row);
    load_row(slopes[i] + start, lanes, slope_row);
    for (int v = 0; v < vectors_per_row; v++) {
      const vec value = load(value_row + v * VECTOR_LANES);
      const vec derivative = i == 0 ? density_derivative(field, value) : value - value * value;
      g[i][v] = load(slope_row + v * VECTOR_LANES) * derivative;
    }
    store_pairs(sample_rows(out, block) + i * sample_pairs, pairs_along(g[i][0], g[i][1]));
  }
  g[4][0] = g[4][1] = (vec)0.0f;
  static const int joined[2][2] = {{0, 1}, {2, 3}}, apart[3][2] = {{0, 4}, {1, 2}, {3, 4}};
  const int has_view_branch = field->direction_octaves >= 0;
  for (int row = 0; row < (has_view_branch ? 3 : 2); row++) {
    const int *of = has_view_branch ? apart[row] : joined[row];
    for (int v = 0; v < vectors_per_row; v++)
      store_pairs(output_pairs(out, block) + row * FK_LANES + v * VECTOR_LANES,
                  pair_of(g[of[0]][v], g[of[1]][v]));
  }
}

// Puts density's gradient behind the `count` rows of a gradient, in both forms.
static void append_density(gradient_rows output, gradient_rows head, int count, size_t block) {
  const uint32_t *density = output_pairs(output, block);
  uint32_t *row = output_pairs(head, block) + count / 2 * FK_LANES;
  for (int v = 0; v < FK_LANES; v += VECTOR_LANES) {
    const pairs value = load_pairs(density + v);
    store_pairs(row + v, count % 2 == 0 ? value : (load_pairs(row + v) & 0xffff) | value << 16);
  }
  store_pairs(sample_rows(head, block) + count * sample_pairs,
              load_pairs(sample_rows(output, block)));
}

// ---- All layers --------------------------------------------------------------------------------

static void backward(const fk_plan *plan, const uint32_t *packed, size_t count,
                     const uint32_t *activations, fk_outputs outputs, fk_outputs output_gradient,
                     float *weight_gradient, uint32_t *scratch) {
  const fk_field *field = plan->field;
  const pair_plan layers = fk_make_pair_plan(plan);
  const size_t blocks = (count + FK_LANES - 1) / FK_LANES;
  const size_t activation_stride = (size_t)layers.row_count * FK_LANES;
  gradient_rows current = gradient_at(scratch, layers.gradient_rows);
  gradient_rows next = gradient_at(current.words + blocks * current.stride, layers.gradient_rows);
  const gradient_rows output = gradient_at(next.words + blocks * next.stride, FK_TILE);
  uint32_t *transposed = output.words + blocks * output.stride;

  // 1. Through the output activations.
  for (size_t block = 0; block < blocks; block++) {
    const size_t start = block * FK_LANES;
    raw_output_gradient(field, start, count - start < FK_LANES ? count - start : FK_LANES, outputs,
                        output_gradient, output, block);
  }

  // 2. Through the output layers: `current` becomes the gradient of the last hidden layer's sums.
  const uint32_t *last_hidden = activations + layers.hidden_row[plan->layer_count] * FK_LANES;
  if (field->direction_octaves >= 0) {
    const uint32_t *colour_hidden = activations + layers.colour_row * FK_LANES;
    transpose_inputs(&layers.radiance, colour_hidden, activation_stride, blocks, transposed);
    weight_gradient_of(&layers.radiance, sample_rows(output, 0) + sample_pairs, output.stride,
                       transposed, blocks, weight_gradient);
    const int density_row = field->colour_width;
    for (size_t block = 0; block < blocks; block++) {
      input_gradient(packed + layers.radiance.transposed, output_pairs(output, block) + FK_LANES, 2,
                     field->colour_width, colour_hidden + block * activation_stride, next, block);
      append_density(output, next, density_row, block);
    }
    transpose_inputs(&layers.colour, last_hidden, activation_stride, blocks, transposed);
    weight_gradient_of(&layers.colour, sample_rows(next, 0), next.stride, transposed, blocks,
                       weight_gradient);
    weight_gradient_of(&layers.density, sample_rows(next, 0) + density_row * sample_pairs,
                       next.stride, transposed, blocks, weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + layers.head_transposed, output_pairs(next, block),
                     (field->colour_width + 2) / 2, field->width,
                     last_hidden + block * activation_stride, current, block);
  } else {
    transpose_inputs(&layers.output, last_hidden, activation_stride, blocks, transposed);
    weight_gradient_of(&layers.output, sample_rows(output, 0), output.stride, transposed, blocks,
                       weight_gradient);
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + layers.output.transposed, output_pairs(output, block), 2, field->width,
                     last_hidden + block * activation_stride, current, block);
  }

  // 3. Through the hidden layers, last to first.
  for (int i = plan->layer_count - 1; i >= 0; i--) {
    const uint32_t *in = activations + layers.hidden_row[i] * FK_LANES;
    transpose_inputs(&layers.hidden[i], in, activation_stride, blocks, transposed);
    weight_gradient_of(&layers.hidden[i], sample_rows(current, 0), current.stride, transposed, blocks,
                       weight_gradient);
    if (i == 0) break;
    for (size_t block = 0; block < blocks; block++)
      input_gradient(packed + layers.hidden[i].transposed, output_pairs(current, block),
                     (field->width + 1) / 2, field->width, in + block * activation_stride, next,
                     block);
    const gradient_rows swap = current;
    current = next;
    next = swap;
  }
}
