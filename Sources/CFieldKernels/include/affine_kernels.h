// Kernels for the hypernetwork's affine maps: many weights, few vectors, so memory sets the pace.
//
//     y = W x + b        W: [rows × inputs] row-major, x: [batch × inputs], y: [batch × rows]
//
// Every weight is read once, whatever the batch, and the weights' gradient is never stored: it is the
// outer product of what the caller has anyway, formed in registers where the optimizer needs it.
//
// What they will not do: allocate memory, start threads, keep state between calls. A row's result
// depends on that row alone, to the last bit, however the rows are cut into calls; sums over rows
// run in the order of the rows. Pointers may have any alignment, and no output may overlap an input.
//
// Accuracy against double precision: sums within 1e-6 of what their terms would add up to without
// signs.
#ifndef AFFINE_KERNELS_H
#define AFFINE_KERNELS_H

#include <stddef.h>

#include "field_kernels.h"

// y[b · y_stride + i] = Σ_j W[i · inputs + j] x[b · inputs + j] + bias[i]        i < rows, b < batch
void fk_affine_forward(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                       const float *weights, const float *bias, const float *x, float *y,
                       size_t y_stride);

// x_gradient[b · inputs + j] += Σ_i y_gradient[b · y_stride + i] W[i · inputs + j]
void fk_affine_input_gradient(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                              const float *weights, const float *y_gradient, size_t y_stride,
                              float *x_gradient);

// The numbers of one step of Adam (Kingma and Ba 2015, sec. 2, the form at its end).
typedef struct fk_adam {
  float beta1, beta2;
  float rate;     // η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
  float epsilon;  // ε √(1 − β₂ᵗ)
} fk_adam;

// One step of Adam for weights whose gradient is a sum of outer products:
//
//     g = Σ_b u[b · u_stride + i] x[b · x_stride + j]
//     m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²      W ← W − rate · m / (√v + epsilon)
void fk_affine_adam(const fk_backend *backend, const fk_adam *adam, size_t rows, size_t inputs,
                    size_t batch, const float *u, size_t u_stride, const float *x, size_t x_stride,
                    float *weights, float *first_moment, float *second_moment);

#endif
