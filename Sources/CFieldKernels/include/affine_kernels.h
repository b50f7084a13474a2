// The hypernetwork's affine maps, y = W x + b, W: [rows × inputs] row-major: forward, backward, and one
// step of learning.
//
// They have many weights and see few vectors, so memory sets the pace: every pass reads W once, from
// front to back. The gradient of W is the outer product of what the caller has anyway, and is formed
// in registers where Adam needs it; it is never stored.
//
// What they will not do: allocate memory, start threads, keep state between calls. A row's result depends
// on that row alone, to the last bit, however the rows are cut into calls. Pointers may have any
// alignment, and no output may overlap an input.
#ifndef AFFINE_KERNELS_H
#define AFFINE_KERNELS_H

#include <stddef.h>

#include "field_kernels.h"

// The numbers of one step of Adam (Kingma and Ba 2015, sec. 2, the form at its end).
typedef struct fk_adam {
  float beta1, beta2;
  float rate;     // η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
  float epsilon;  // ε √(1 − β₂ᵗ)
} fk_adam;

// Outputs of a batch: y[b · y_stride + i] = bias[i] + Σ_j W[i · inputs + j] x[b · x_stride + j].
//
// A sum's order depends on the inputs alone: a vector has the same result in every batch.
void fk_affine_forward(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                       const float *x, size_t x_stride, const float *weights, const float *bias,
                       float *y, size_t y_stride);

// Gradient of the inputs, given u = ∂L/∂y, summed in the rows' order:
//
//     slopes[b · inputs + j] = Σ_i u[b · u_stride + i] W[i · inputs + j]
void fk_affine_input_gradient(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                              const float *u, size_t u_stride, const float *weights,
                              float *slopes);

// One step of Adam for weights whose gradient is a sum of outer products:
//
//     g = Σ_b u[b · u_stride + i] x[b · x_stride + j]
//     m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²      W ← W − rate · m / (√v + epsilon)
void fk_affine_adam(const fk_backend *backend, const fk_adam *adam, size_t rows, size_t inputs,
                    size_t batch, const float *u, size_t u_stride, const float *x, size_t x_stride,
                    float *weights, float *first_moment, float *second_moment);

#endif
