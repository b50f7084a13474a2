// Loops that only multiply and add: they measure the most that one core can do, the rate that the
// field kernels are compared with.
//
// What they will not do: allocate memory, start threads, read clocks, keep state between calls.
//
// A loop holds `values` chains of dependent operations in registers, enough to hide their latency.
// A round takes every value x through two steps, which lead to and fro, so that numbers stay of a usual
// size and never become easy ones, such as 0 or 1:
//
//     float32     x ← −1.25 x + 0.75        x ← −0.792 x + 0.5
//     bfloat16    x ← x + 1.5 · 0.75 + 0.5 · 0.25        x ← x − 1.25 · 0.75 − 0.5 · 0.5
//
// Value i begins as i / 64. Every step depends on the one before it, its constants come from memory and
// every value is given back, so no compiler can leave a step out.
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

// The most values that a loop has.
#define FK_PEAK_MAXIMUM_VALUES 256

// One loop for one instruction set and one kind of number.
typedef struct fk_peak fk_peak;

// Loop number `index`, slowest first; NULL past the last. Some may not run on this CPU.
const fk_peak *fk_peak_at(int32_t index);

// "portable", "avx2", "avx512", "avx512_bf16".
const char *fk_peak_name(const fk_peak *peak);

// Whether the factors are bfloat16, two products a step and value; otherwise they are float32, one.
int32_t fk_peak_multiplies_bfloat16(const fk_peak *peak);

// Whether this CPU runs the loop: 1 or 0.
int32_t fk_peak_runs_here(const fk_peak *peak);

// The number of values that a loop works on.
int32_t fk_peak_value_count(const fk_peak *peak);

// Does `rounds` rounds, stores every value's end in `values`, and returns the number of additions and
// multiplications done.
uint64_t fk_peak_run(const fk_peak *peak, uint64_t rounds, float *values);

#endif
