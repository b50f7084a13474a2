// The layout and the packing of weights for the bfloat16 kernel.
#include "pair_plan.h"

#include <string.h>

static pair_linear linear(pair_plan *pairs, fk_linear map, int hidden_inputs) {
  const int encoded = map.inputs - hidden_inputs;
  const pair_linear layer = {
      .hidden_inputs = hidden_inputs,
      .encoded_inputs = encoded,
      .outputs = map.outputs,
      .pairs = (hidden_inputs + 1) / 2 + (encoded > 0 ? 3 + (encoded - 3) / 2 : 0),
      .weights = map.weights,
      .packed = pairs->packed_count,
  };
  pairs->packed_count += (size_t)fk_padded(map.outputs) * (size_t)(1 + layer.pairs);
  return layer;
}

pair_plan fk_make_pair_plan(const fk_plan *plan) {
  pair_plan pairs = {.packed_count = 0};
  for (int i = 0; i < plan->layer_count; i++)
    pairs.hidden[i] = linear(&pairs, plan->hidden[i], i == 0 ? 0 : plan->hidden[i].inputs);
  if (plan->field->direction_octaves >= 0) {
    pairs.density = linear(&pairs, plan->density, plan->density.inputs);
    pairs.colour = linear(&pairs, plan->colour, plan->field->width);
    pairs.radiance = linear(&pairs, plan->radiance, plan->radiance.inputs);
  } else {
    pairs.output = linear(&pairs, plan->output, plan->output.inputs);
  }
  return pairs;
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// The sixteen leading bits, rounded to the nearest, to even where two are as near; what is not a number
// stays none.
static uint32_t bfloat16_of(float value) {
  const uint32_t bits = bits_of(value);
  if (value != value) return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

// The inputs of a pair; the second is −1 where it has only one.
static void inputs_of_pair(const pair_linear *layer, int pair, int *first, int *second) {
  const int hidden_pairs = (layer->hidden_inputs + 1) / 2;
  if (pair < hidden_pairs) {
    *first = 2 * pair;
    *second = 2 * pair + 1 < layer->hidden_inputs ? 2 * pair + 1 : -1;
    return;
  }
  const int encoded = pair - hidden_pairs;
  if (encoded < 3) {
    *first = *second = layer->hidden_inputs + encoded;
  } else {
    const int octave = (encoded - 3) / 3, axis = (encoded - 3) % 3;
    *first = layer->hidden_inputs + 3 + 6 * octave + axis;
    *second = *first + 3;
  }
}

static void pack_linear(const pair_linear *layer, const float *weights, uint32_t *packed) {
  const int inputs = layer->hidden_inputs + layer->encoded_inputs;
  const float *matrix = weights + layer->weights;
  const float *bias = matrix + (size_t)layer->outputs * (size_t)inputs;
  uint32_t *tiles = packed + layer->packed;
  for (int tile = 0; tile < layer->outputs; tile += FK_TILE) {
    for (int pair = -1; pair < layer->pairs; pair++) {
      for (int output = tile; output < tile + FK_TILE; output++) {
        uint32_t word = 0;
        if (output < layer->outputs && pair < 0) {
          word = bits_of(bias[output]);
        } else if (output < layer->outputs) {
          int first, second;
          inputs_of_pair(layer, pair, &first, &second);
          const float *row = matrix + (size_t)output * (size_t)inputs;
          word = bfloat16_of(row[first]);
          if (second >= 0) word |= bfloat16_of(row[second]) << 16;
        }
        *tiles++ = word;
      }
    }
  }
}

size_t fk_packed_bfloat16_count(const fk_field *field) {
  const fk_plan plan = fk_make_plan(field);
  return fk_make_pair_plan(&plan).packed_count;
}

void fk_pack_bfloat16(const fk_field *field, const float *weights, uint32_t *packed) {
  const fk_plan plan = fk_make_plan(field);
  const pair_plan pairs = fk_make_pair_plan(&plan);
  for (int i = 0; i < plan.layer_count; i++) pack_linear(&pairs.hidden[i], weights, packed);
  if (field->direction_octaves >= 0) {
    pack_linear(&pairs.density, weights, packed);
    pack_linear(&pairs.colour, weights, packed);
    pack_linear(&pairs.radiance, weights, packed);
  } else {
    pack_linear(&pairs.output, weights, packed);
  }
}
