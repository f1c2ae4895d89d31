// SPDX-License-Identifier: Apache-2.0
// What the language gives: calls, recursion, tables, printf, integer and math functions.
#include <cstdint>
#include <cstdio>

__device__ __noinline__ float twice(float x) {
  return 2 * x;
}
__device__ __noinline__ float square(float x) {
  return x * x;
}
__device__ __noinline__ float negate(float x) {
  return -x;
}
using Function = float (*)(float);
__device__ Function const functions[] = {twice, square, negate};

extern "C" __global__ void function_pointers(const float* x, float* y) {
  y[threadIdx.x] = functions[threadIdx.x % 3](x[threadIdx.x]);
}

__device__ __noinline__ unsigned fibonacci(unsigned n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
extern "C" __global__ void recursion(unsigned* y) {
  y[threadIdx.x] = fibonacci(threadIdx.x % 12);
}

extern "C" __global__ void print_values(int value) {
  if (threadIdx.x == 1) printf("%d %5.2f %s %llx\n", value, value * 0.5, "text", 0xABCDEF012ull);
}

__constant__ int coefficients[8] = {3, 1, 4, 1, 5, 9, 2, 6};
extern "C" __global__ void constant_and_local(const int* order, int* y) {
  int local[16];
  for (int i = 0; i < 16; ++i) local[i] = coefficients[i % 8] * (i + 1);
  int sum = 0;
  for (int i = 0; i < 4; ++i) sum = sum * 3 + local[order[threadIdx.x * 4 + i]];
  y[threadIdx.x] = sum;
}

struct Shape {
  __device__ virtual float area() const = 0;
};
struct Square : Shape {
  float side;
  __device__ explicit Square(float s) : side(s) {}
  __device__ float area() const override { return side * side; }
};
struct Rectangle : Shape {
  float width, height;
  __device__ Rectangle(float w, float h) : width(w), height(h) {}
  __device__ float area() const override { return width * height; }
};
extern "C" __global__ void virtual_calls(float* y) {
  const float size = threadIdx.x + 1;
  Square a(size);
  Rectangle b(size, 3);
  const Shape* shape = threadIdx.x % 2 ? static_cast<const Shape*>(&a) : &b;
  y[threadIdx.x] = shape->area();
}

extern "C" __global__ void bit_tricks(const unsigned* x, unsigned* y, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  const unsigned v = x[i];
  y[i] = __popc(v);
  y[n + i] = __clz(v);
  y[2 * n + i] = __brev(v);
  y[3 * n + i] = __ffs(v);
  y[4 * n + i] = __byte_perm(v, ~v, 0x1357);
  y[5 * n + i] = __funnelshift_l(v, ~v, 9);
  y[6 * n + i] = __umulhi(v, 0x9E3779B9u);
  y[7 * n + i] = __dp4a(v, v, 1u);
  y[8 * n + i] = __usad(v, 1000u, 5u);
}

extern "C" __global__ void wide_integers(const long long* x, const long long* d, long long* y,
                                         int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  y[i] = x[i] / d[i];
  y[n + i] = x[i] % d[i];
  y[2 * n + i] = __mul64hi(x[i] << 20, d[i] << 20);
  y[3 * n + i] = x[i] * 3 >> 2;
}

extern "C" __global__ void math_f32(const float* x, float* y, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  const float v = x[i];
  y[i] = sinf(v);
  y[n + i] = expf(v);
  y[2 * n + i] = logf(v);
  y[3 * n + i] = powf(v, 1.7f);
  y[4 * n + i] = erff(v);
  y[5 * n + i] = cbrtf(v);
  y[6 * n + i] = atan2f(v, 0.5f);
  y[7 * n + i] = lgammaf(v);
  y[8 * n + i] = v / 3.0f;
  y[9 * n + i] = sqrtf(v);
}

extern "C" __global__ void math_f64(const double* x, double* y, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  const double v = x[i];
  y[i] = sin(v);
  y[n + i] = exp(v);
  y[2 * n + i] = log(v);
  y[3 * n + i] = pow(v, 1.7);
  y[4 * n + i] = erf(v);
  y[5 * n + i] = 1 / v;
  y[6 * n + i] = sqrt(v);
}

extern "C" __global__ void fast_math(const float* x, float* y, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  const float v = x[i];
  y[i] = __sinf(v);
  y[n + i] = __expf(v);
  y[2 * n + i] = __log2f(v);
  y[3 * n + i] = __fdividef(v, 3.0f);
  y[4 * n + i] = rsqrtf(v);
  y[5 * n + i] = __frcp_rn(v);
}
