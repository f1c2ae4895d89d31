// SPDX-License-Identifier: Apache-2.0
// The CUDA driver's C functions as a table filled at run time (driver_api.def). The types and
// values are those of the driver's ABI (CUDA Driver API reference); fitest builds without cuda.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/dynamic_library.h"

namespace fitest::cuda {

// CUresult; other values than those named occur.
enum class CudaResult : int {
#define FITEST_CUDA_ERROR(name, code, kind, fate) name = (code),
#include "cuda/driver_errors.def"
#undef FITEST_CUDA_ERROR
};

using CudaDeviceId = int;
using CudaAddress = unsigned long long;
using CudaContextHandle = struct CudaContextState*;
using CudaModuleHandle = struct CudaModuleState*;
using CudaFunctionHandle = struct CudaFunctionState*;
using CudaStreamHandle = struct CudaStreamState*;
using CudaEventHandle = struct CudaEventState*;

struct CudaUuid {
  std::array<unsigned char, 16> bytes{};
};

// CUdevice_attribute
enum class DeviceAttribute : int {
  MaxThreadsPerBlock = 1,
  MaxBlockX = 2,
  MaxBlockY = 3,
  MaxBlockZ = 4,
  MaxGridX = 5,
  MaxGridY = 6,
  MaxGridZ = 7,
  RegistersPerBlock = 12,
  SmCount = 16,
  L2CacheBytes = 38,
  ComputeMajor = 75,
  ComputeMinor = 76,
  CooperativeLaunch = 95,
  SharedMemoryOptIn = 97,
  ClusterLaunch = 120,
};

// CUfunction_attribute
enum class FunctionAttribute : int {
  MaxThreadsPerBlock = 0,
  StaticSharedBytes = 1,
  LocalBytes = 3,
  Registers = 4,
  MaxDynamicSharedBytes = 8,
  NonPortableClusterSize = 14,
};

// CUjit_option
enum class JitOption : int {
  ErrorLog = 5,
  ErrorLogBytes = 6,
};

// CUlaunchAttributeID
enum class LaunchAttributeId : int {
  Cooperative = 2,
  ClusterDimension = 4,
};

// CUlaunchAttribute: a union of 64 bytes, of which fitest sets the first words only.
struct LaunchAttribute {
  LaunchAttributeId id{};
  std::uint32_t padding = 0;
  std::array<std::uint32_t, 16> value{};
};
static_assert(sizeof(LaunchAttribute) == 72);

// CUlaunchConfig
struct LaunchConfig {
  std::uint32_t grid_x = 1, grid_y = 1, grid_z = 1;
  std::uint32_t block_x = 1, block_y = 1, block_z = 1;
  std::uint32_t shared_bytes = 0;
  CudaStreamHandle stream = nullptr;
  LaunchAttribute* attributes = nullptr;
  std::uint32_t attribute_count = 0;
};
static_assert(sizeof(LaunchConfig) == 56);

inline constexpr unsigned kNonBlockingStream = 1;  // CU_STREAM_NON_BLOCKING

struct DriverApi {
#define FITEST_CUDA(member, symbol, since, ...) CudaResult (*member)(__VA_ARGS__) = nullptr;
#include "cuda/driver_api.def"
#undef FITEST_CUDA
};

// Fills the table; the result names each entry point that the library lacks, with the CUDA version
// that introduced it: "cuFuncGetParamInfo (CUDA 12.4)".
std::vector<std::string> load_driver_api(const DynamicLibrary& library, DriverApi& api);

}  // namespace fitest::cuda
