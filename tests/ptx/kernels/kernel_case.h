// SPDX-License-Identifier: Apache-2.0
// One launch of a kernel of this folder: what goes in, and what must come out by a computation in
// double on the host. Values are doubles; each buffer says how they are stored.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest::kernels {

enum class Store : std::uint8_t { F64, F32, F16, BF16, E4M3, E5M2, S8, U8, S32, U32, S64 };

using Values = std::vector<double>;

std::size_t bytes_of(Store store);
std::vector<std::byte> pack(Store store, const Values& values);
Values unpack(Store store, const std::vector<std::byte>& bytes);
// What is left of a value that is stored.
double rounded(Store store, double value);

// `count` values of [low, high), exact in `store`; the same for a seed everywhere.
struct Range {
  double low = -1;
  double high = 1;
};
Values random_values(Store store, std::size_t count, std::uint64_t seed, Range range = {});

// |got - expected| <= absolute + relative * |expected|; NaN wants NaN.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

struct KernelArgumentCase {
  enum class Role : std::uint8_t { Scalar, Input, Output, InOut };
  std::string name;
  Role role = Role::Scalar;
  Store store = Store::F32;
  std::vector<std::byte> bytes;  // scalars and what goes in
  Values expected;               // what comes out; empty: not compared
  Tolerance tolerance;
  std::size_t size_bytes = 0;
};

// What a buffer holds before a launch and after it.
struct Change {
  Values before;
  Values after;
};

struct KernelCase {
  std::string name;    // of the kernel, extern "C"
  std::string source;  // file of this folder
  Dim3 grid;
  Dim3 block;
  std::size_t shared_bytes = 0;
  bool cooperative = false;  // needs a cooperative launch
  std::string printed;       // what the kernel prints
  std::vector<KernelArgumentCase> arguments;

  KernelCase& in(const std::string& name, Store store, const Values& values);
  KernelCase& out(const std::string& name, Store store, const Values& expected,
                  Tolerance tolerance = {});
  // A buffer that the kernel changes.
  KernelCase& in_out(const std::string& name, Store store, const Change& change,
                     Tolerance tolerance = {});
  // Zeroed memory whose content at the end does not matter.
  KernelCase& workspace(const std::string& name, std::size_t size_bytes);
  template <class T>
  KernelCase& scalar(const std::string& name, T value) {
    KernelArgumentCase argument;
    argument.name = name;
    argument.bytes.resize(sizeof value);
    std::memcpy(argument.bytes.data(), &value, sizeof value);
    arguments.push_back(std::move(argument));
    return *this;
  }
};

// Runs the case; the empty string, or what went wrong.
std::string run_case(const KernelCase& kernel, const std::string& target, Device& device);

// Cases of each source.
std::vector<KernelCase> basic_cases();
std::vector<KernelCase> reduce_cases();
std::vector<KernelCase> normalise_cases();
std::vector<KernelCase> gemm_cases();
std::vector<KernelCase> attention_cases();
std::vector<KernelCase> atomics_cases();
std::vector<KernelCase> language_cases();
std::vector<KernelCase> library_cases();

}  // namespace fitest::kernels
