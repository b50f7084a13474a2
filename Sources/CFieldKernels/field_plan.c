// The layout of weights and activations, and the packing of weights into tiles.
#include "field_plan.h"

static int encoded_count(int octaves) { return 3 + 6 * octaves; }

static size_t tile_floats(int inputs, int outputs) {
  return (size_t)fk_padded(outputs) * (size_t)(1 + inputs);
}

static fk_linear linear(fk_plan *plan, int inputs, int outputs) {
  fk_linear layer = {.inputs = inputs, .outputs = outputs, .weights = plan->weight_count,
                     .packed = plan->packed_count};
  plan->weight_count += (size_t)outputs * (size_t)inputs + (size_t)outputs;
  plan->packed_count += tile_floats(inputs, outputs);
  layer.transposed = plan->packed_count;
  plan->packed_count += tile_floats(outputs, inputs);
  return layer;
}

static int larger(int a, int b) { return a > b ? a : b; }

fk_plan fk_make_plan(const fk_field *field) {
  fk_plan plan = {.field = field};
  const int has_view_branch = field->direction_octaves >= 0;
  plan.position_inputs = encoded_count(field->position_octaves);
  plan.direction_inputs = has_view_branch ? encoded_count(field->direction_octaves) : 0;
  plan.layer_count = field->hidden_layer_count;

  int inputs = plan.position_inputs;
  int row = fk_padded(inputs);
  for (int i = 0; i < plan.layer_count; i++) {
    plan.hidden[i] = linear(&plan, inputs, field->width);
    inputs = field->width;
    plan.hidden_row[i + 1] = row;
    // γ(d) stands behind the last hidden layer's output, so that the colour layer reads one stretch.
    row += fk_padded(inputs + (i == plan.layer_count - 1 ? plan.direction_inputs : 0));
  }
  int widest_gradient = larger(field->width, plan.position_inputs);
  int widest_input = larger(plan.position_inputs, field->width + plan.direction_inputs);
  if (has_view_branch) {
    plan.density = linear(&plan, inputs, 1);
    plan.colour = linear(&plan, inputs + plan.direction_inputs, field->colour_width);
    plan.radiance = linear(&plan, field->colour_width, 3);
    plan.head_transposed = plan.packed_count;
    plan.packed_count += tile_floats(field->colour_width + 1, field->width);
    plan.colour_row = row;
    row += fk_padded(field->colour_width);
    widest_gradient = larger(widest_gradient, field->colour_width + 1);
    widest_input = larger(widest_input, field->colour_width);
  } else {
    plan.output = linear(&plan, inputs, 4);
  }
  plan.row_count = row;
  plan.gradient_rows = fk_padded(widest_gradient);
  plan.transposed_inputs =
      (widest_input + FK_TRANSPOSED_TILE - 1) / FK_TRANSPOSED_TILE * FK_TRANSPOSED_TILE;
  return plan;
}

// Tiles of FK_TILE outputs: [outputs / 8][1 + inputs][8], row 0 the bias. Missing outputs are zero.
static void pack_tiles(int inputs, int outputs, const float *weights, size_t output_stride,
                       size_t input_stride, const float *bias, float *tiles) {
  for (int first = 0; first < outputs; first += FK_TILE) {
    for (int input = -1; input < inputs; input++) {
      for (int j = 0; j < FK_TILE; j++) {
        const int output = first + j;
        float value = 0;
        if (output < outputs) {
          if (input >= 0)
            value = weights[(size_t)output * output_stride + (size_t)input * input_stride];
          else if (bias)
            value = bias[output];
        }
        *tiles++ = value;
      }
    }
  }
}

static void pack_linear(fk_linear layer, const float *weights, float *packed) {
  const float *matrix = weights + layer.weights;
  const float *bias = matrix + (size_t)layer.outputs * (size_t)layer.inputs;
  const size_t stride = (size_t)layer.inputs;
  pack_tiles(layer.inputs, layer.outputs, matrix, stride, 1, bias, packed + layer.packed);
  pack_tiles(layer.outputs, layer.inputs, matrix, 1, stride, NULL, packed + layer.transposed);
}

// (Wh; Wσ)ᵀ restricted to the last hidden layer's outputs: inputs are h's gradients, then σ's.
static void pack_head(const fk_plan *plan, const float *weights, float *packed) {
  const fk_linear colour = plan->colour;
  const int width = plan->field->width;
  float *tiles = packed + plan->head_transposed;
  for (int first = 0; first < width; first += FK_TILE) {
    for (int input = -1; input <= colour.outputs; input++) {
      for (int j = 0; j < FK_TILE; j++) {
        const int output = first + j;
        float value = 0;
        if (output < width && input >= 0)
          value = input < colour.outputs
                      ? weights[colour.weights + (size_t)input * (size_t)colour.inputs + (size_t)output]
                      : weights[plan->density.weights + (size_t)output];
        *tiles++ = value;
      }
    }
  }
}

size_t fk_weight_count(const fk_field *field) { return fk_make_plan(field).weight_count; }

size_t fk_packed_count(const fk_field *field) { return fk_make_plan(field).packed_count; }

void fk_pack(const fk_field *field, const float *weights, float *packed) {
  const fk_plan plan = fk_make_plan(field);
  for (int i = 0; i < plan.layer_count; i++) pack_linear(plan.hidden[i], weights, packed);
  if (field->direction_octaves >= 0) {
    pack_linear(plan.density, weights, packed);
    pack_linear(plan.colour, weights, packed);
    pack_linear(plan.radiance, weights, packed);
    pack_head(&plan, weights, packed);
  } else {
    pack_linear(plan.output, weights, packed);
  }
}

static size_t block_count(size_t count) { return (count + FK_LANES - 1) / FK_LANES; }

// A transposition may read up to half a tile of rows past the last one; no sum uses what it finds there.
size_t fk_activation_count(const fk_field *field, size_t count) {
  const fk_plan plan = fk_make_plan(field);
  return (block_count(count) * (size_t)plan.row_count + FK_TRANSPOSED_TILE / 2) * FK_LANES;
}

// Two gradients of the widest layer, those of the outputs, and a layer's inputs transposed. A register
// tile may read up to FK_TILE rows past each.
size_t fk_backward_scratch_count(const fk_field *field, size_t count) {
  const fk_plan plan = fk_make_plan(field);
  const size_t rows = (size_t)(2 * plan.gradient_rows + FK_TILE + plan.transposed_inputs);
  return (block_count(count) * rows + 4 * FK_TILE) * FK_LANES;
}
