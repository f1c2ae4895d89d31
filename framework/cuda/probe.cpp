// SPDX-License-Identifier: Apache-2.0
#include "cuda/probe.h"

#include <fmt/format.h>

#include <array>

#include "base/dynamic_library.h"

namespace fitest::cuda {
namespace {

// CUDA Driver API, cuDeviceGetAttribute.
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

struct DriverFunctions {
  int (*init)(unsigned) = nullptr;
  int (*driver_version)(int*) = nullptr;
  int (*device_count)(int*) = nullptr;
  int (*device_get)(int*, int) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*device_memory)(std::size_t*, int) = nullptr;
  int (*device_attribute)(int*, int, int) = nullptr;

  explicit DriverFunctions(const DynamicLibrary& library)
      : init(library.find<int(unsigned)>("cuInit")),
        driver_version(library.find<int(int*)>("cuDriverGetVersion")),
        device_count(library.find<int(int*)>("cuDeviceGetCount")),
        device_get(library.find<int(int*, int)>("cuDeviceGet")),
        device_name(library.find<int(char*, int, int)>("cuDeviceGetName")),
        device_memory(library.find<int(std::size_t*, int)>("cuDeviceTotalMem_v2")),
        device_attribute(library.find<int(int*, int, int)>("cuDeviceGetAttribute")) {}
  bool complete() const {
    return init != nullptr && driver_version != nullptr && device_count != nullptr &&
           device_get != nullptr && device_name != nullptr && device_memory != nullptr &&
           device_attribute != nullptr;
  }
};

std::string describe_device(const DriverFunctions& driver, int index) {
  int device = 0;
  std::array<char, 256> name{};
  std::size_t memory = 0;
  int major = 0;
  int minor = 0;
  if (driver.device_get(&device, index) != 0) return fmt::format("cuda:{} (unreadable)", index);
  driver.device_name(name.data(), static_cast<int>(name.size()), device);
  driver.device_memory(&memory, device);
  driver.device_attribute(&major, kComputeCapabilityMajor, device);
  driver.device_attribute(&minor, kComputeCapabilityMinor, device);
  return fmt::format("cuda:{} {} (sm_{}{}, {} GiB)", index, name.data(), major, minor,
                     memory >> 30);
}

DriverStatus ask(const DynamicLibrary& library) {
  DriverStatus status;
  const DriverFunctions driver(library);
  if (!driver.complete()) {
    status.problem = library.path() + " is too old: it lacks functions that fitest needs";
    return status;
  }
  if (const int error = driver.init(0); error != 0) {
    status.problem = fmt::format("{}: cuInit failed with error {}", library.path(), error);
    return status;
  }
  int version = 0;
  int count = 0;
  driver.driver_version(&version);
  driver.device_count(&count);
  status.available = true;
  status.version = fmt::format("{}.{}", version / 1000, version % 1000 / 10);
  for (int index = 0; index < count; ++index) {
    status.devices.push_back(describe_device(driver, index));
  }
  return status;
}

DriverStatus probe() {
  std::string reason;
  const auto library = DynamicLibrary::open({"libcuda.so.1"}, &reason);
  if (library) return ask(*library);
  DriverStatus status;
  status.problem = reason;
  return status;
}

}  // namespace

const DriverStatus& driver_status() {
  static const DriverStatus status = probe();
  return status;
}

}  // namespace fitest::cuda
