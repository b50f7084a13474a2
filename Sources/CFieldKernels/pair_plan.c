// The layout of weights, activations and scratch memory for the bfloat16 kernels.
#include "pair_plan.h"

static int encoded_pairs(int inputs) { return inputs > 0 ? 3 + (inputs - 3) / 2 : 0; }

static size_t tile_words(int outputs, int pairs) {
  return (size_t)fk_padded(outputs) * (size_t)(1 + pairs);
}

static int larger(int a, int b) { return a > b ? a : b; }

static int groups(int count, int per_group) { return (count + per_group - 1) / per_group; }

static pair_linear linear(pair_plan *plan, fk_linear map, int hidden_inputs) {
  const int encoded = map.inputs - hidden_inputs;
  pair_linear layer = {
      .hidden_inputs = hidden_inputs,
      .encoded_inputs = encoded,
      .outputs = map.outputs,
      .hidden_pairs = (hidden_inputs + 1) / 2,
      .encoded_pairs = encoded_pairs(encoded),
      .weights = map.weights,
      .packed = plan->packed_count,
  };
  plan->packed_count += tile_words(map.outputs, pair_count(&layer));
  layer.transposed = plan->packed_count;
  plan->packed_count += tile_words(hidden_inputs, (map.outputs + 1) / 2);
  plan->group_count =
      larger(plan->group_count, groups(layer.hidden_pairs, hidden_pairs_per_group) +
                                    groups(layer.encoded_pairs, encoded_pairs_per_group));
  plan->gradient_rows = larger(plan->gradient_rows, fk_padded(map.outputs));
  return layer;
}

pair_plan fk_make_pair_plan(const fk_plan *plan) {
  const fk_field *field = plan->field;
  pair_plan pairs = {.packed_count = 0};
  int row = fk_padded(encoded_pairs(plan->position_inputs));
  for (int i = 0; i < plan->layer_count; i++) {
    pairs.hidden[i] = linear(&pairs, plan->hidden[i], i == 0 ? 0 : field->width);
    pairs.hidden_row[i + 1] = row;
    // γ(d) stands behind the last hidden layer's output, so that the colour layer reads one stretch.
    const int behind = i == plan->layer_count - 1 ? encoded_pairs(plan->direction_inputs) : 0;
    row += fk_padded((field->width + 1) / 2 + behind);
  }
  if (field->direction_octaves >= 0) {
    pairs.density = linear(&pairs, plan->density, field->width);
    pairs.colour = linear(&pairs, plan->colour, field->width);
    pairs.radiance = linear(&pairs, plan->radiance, field->colour_width);
    pairs.head_transposed = pairs.packed_count;
    pairs.packed_count += tile_words(field->width, (field->colour_width + 2) / 2);
    pairs.gradient_rows = larger(pairs.gradient_rows, fk_padded(field->colour_width + 1));
    pairs.colour_row = row;
    row += fk_padded((field->colour_width + 1) / 2);
  } else {
    pairs.output = linear(&pairs, plan->output, field->width);
  }
  pairs.row_count = row;
  return pairs;
}

static pair_plan plan_of(const fk_field *field) {
  const fk_plan plan = fk_make_plan(field);
  return fk_make_pair_plan(&plan);
}

static size_t block_count(size_t count) { return (count + FK_LANES - 1) / FK_LANES; }

size_t fk_packed_bfloat16_count(const fk_field *field) { return plan_of(field).packed_count; }

// A transposition may read a group of rows past the last one; no sum uses what it finds there.
size_t fk_activation_bfloat16_count(const fk_field *field, size_t count) {
  const pair_plan plan = plan_of(field);
  return (block_count(count) * (size_t)plan.row_count + hidden_pairs_per_group) * FK_LANES;
}

// Two gradients of the widest layer, those of the outputs, and a layer's inputs transposed. A register
// tile may read as many rows past each.
size_t fk_backward_bfloat16_scratch_count(const fk_field *field, size_t count) {
  const pair_plan plan = plan_of(field);
  const size_t rows = (size_t)(2 * plan.gradient_rows + FK_TILE +
                               plan.group_count * hidden_pairs_per_group);
  return (block_count(count) * rows + hidden_pairs_per_group) * FK_LANES;
}
