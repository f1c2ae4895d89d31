// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch_check.h"

#include <fmt/format.h>

#include <array>

namespace fitest::cuda {
namespace {

using Problem = std::optional<std::string>;

bool has_zero(const Dim3& dim) {
  return dim.x == 0 || dim.y == 0 || dim.z == 0;
}

// "x of the grid is 70000, the device's limit is 65535"
Problem exceeds(const char* what, const Dim3& dim, const Dim3& limit) {
  const std::array dims{dim.x, dim.y, dim.z};
  const std::array limits{limit.x, limit.y, limit.z};
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] <= limits[axis]) continue;
    return fmt::format("{} of the {} is {}, the device's limit is {}", "xyz"[axis], what,
                       dims[axis], limits[axis]);
  }
  return std::nullopt;
}

Problem check_arguments(const Launch& launch, const KernelInfo& kernel) {
  const auto& expected = kernel.parameter_bytes;
  if (launch.arguments.size() != expected.size()) {
    return fmt::format("{} arguments are passed, the kernel takes {}", launch.arguments.size(),
                       expected.size());
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const KernelArgument& argument = launch.arguments[i];
    if (argument.bytes.size() == expected[i]) continue;
    return fmt::format("argument {} ('{}') has {} bytes, the kernel's parameter has {}", i + 1,
                       argument.name, argument.bytes.size(), expected[i]);
  }
  return std::nullopt;
}

Problem check_grid(const Launch& launch, const LaunchLimits& limits) {
  if (has_zero(launch.grid)) return "the grid is empty";
  return exceeds("grid", launch.grid, limits.grid);
}

Problem check_block(const Launch& launch, const KernelInfo& kernel, const LaunchLimits& limits) {
  if (has_zero(launch.block)) return "the block is empty";
  if (auto problem = exceeds("block", launch.block, limits.block)) return problem;
  const std::uint64_t threads = launch.block.count();
  if (threads > limits.threads_per_block) {
    return fmt::format("the block has {} threads, the device's limit is {}", threads,
                       limits.threads_per_block);
  }
  const auto allowed = static_cast<std::uint64_t>(kernel.max_threads_per_block);
  if (threads <= allowed) return std::nullopt;
  return fmt::format(
      "the block has {} threads, this kernel's limit is {} (it uses {} registers per thread, a "
      "block has {}; or __launch_bounds__ says so)",
      threads, allowed, kernel.registers, limits.registers_per_block);
}

Problem check_shared_memory(const Launch& launch, const KernelInfo& kernel,
                            const LaunchLimits& limits) {
  if (kernel.static_shared_bytes + launch.dynamic_shared_bytes <= limits.shared_bytes) {
    return std::nullopt;
  }
  return fmt::format(
      "{} bytes of dynamic and {} of static shared memory are asked for, a block's limit on this "
      "device is {}",
      launch.dynamic_shared_bytes, kernel.static_shared_bytes, limits.shared_bytes);
}

Problem check_cluster(const Launch& launch, const LaunchLimits& limits) {
  if (!launch.cluster || launch.cluster->count() == 1) return std::nullopt;
  const Dim3& cluster = *launch.cluster;
  if (has_zero(cluster)) return "the cluster is empty";
  if (!limits.clusters) return "this device has no thread block clusters (sm_90 and newer do)";
  const Dim3& grid = launch.grid;
  if (grid.x % cluster.x == 0 && grid.y % cluster.y == 0 && grid.z % cluster.z == 0) {
    return std::nullopt;
  }
  return fmt::format("the grid {} is no multiple of the cluster {}", to_string(grid),
                     to_string(cluster));
}

Fault refusal(const Launch& launch, const std::string& problem) {
  Fault fault;
  fault.kind = FaultKind::InvalidLaunch;
  fault.kernel = launch.kernel;
  fault.message = fmt::format("{}; the launch: {}", problem, describe_configuration(launch));
  return fault;
}

std::uint32_t positive(const DriverApi& api, DeviceAttribute attribute, CudaDeviceId device) {
  int value = 0;
  api.device_attribute(&value, attribute, device);
  return static_cast<std::uint32_t>(value);
}

}  // namespace

LaunchLimits read_limits(const DriverApi& api, CudaDeviceId device) {
  const auto read = [&](DeviceAttribute attribute) { return positive(api, attribute, device); };
  LaunchLimits limits;
  limits.threads_per_block = read(DeviceAttribute::MaxThreadsPerBlock);
  limits.block = {read(DeviceAttribute::MaxBlockX), read(DeviceAttribute::MaxBlockY),
                  read(DeviceAttribute::MaxBlockZ)};
  limits.grid = {read(DeviceAttribute::MaxGridX), read(DeviceAttribute::MaxGridY),
                 read(DeviceAttribute::MaxGridZ)};
  limits.shared_bytes = read(DeviceAttribute::SharedMemoryOptIn);
  limits.registers_per_block = static_cast<int>(read(DeviceAttribute::RegistersPerBlock));
  limits.clusters = read(DeviceAttribute::ClusterLaunch) != 0;
  limits.cooperative = read(DeviceAttribute::CooperativeLaunch) != 0;
  limits.sm_count = static_cast<int>(read(DeviceAttribute::SmCount));
  return limits;
}

std::optional<Fault> check_launch(const Launch& launch, const KernelInfo& kernel,
                                  const LaunchLimits& limits) {
  Problem problem = check_arguments(launch, kernel);
  if (!problem) problem = check_grid(launch, limits);
  if (!problem) problem = check_block(launch, kernel, limits);
  if (!problem) problem = check_shared_memory(launch, kernel, limits);
  if (!problem) problem = check_cluster(launch, limits);
  if (!problem && launch.cooperative && !limits.cooperative) {
    problem = "this device makes no cooperative launches";
  }
  if (!problem) return std::nullopt;
  return refusal(launch, *problem);
}

Fault not_resident(const Launch& launch, int blocks_per_sm, const LaunchLimits& limits) {
  return refusal(
      launch, fmt::format("a cooperative launch needs all of its {} blocks resident at once; {} of "
                          "them fit on a multiprocessor, so {} on the device's {}",
                          launch.grid.count(), blocks_per_sm, blocks_per_sm * limits.sm_count,
                          limits.sm_count));
}

std::string describe_configuration(const Launch& launch) {
  std::string text =
      fmt::format("grid {}, block {}", to_string(launch.grid), to_string(launch.block));
  if (launch.cluster) text += fmt::format(", cluster {}", to_string(*launch.cluster));
  if (launch.dynamic_shared_bytes != 0) {
    text += fmt::format(", {} bytes of dynamic shared memory", launch.dynamic_shared_bytes);
  }
  if (launch.cooperative) text += ", cooperative";
  return text;
}

}  // namespace fitest::cuda
