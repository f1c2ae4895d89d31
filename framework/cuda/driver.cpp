// SPDX-License-Identifier: Apache-2.0
#include "cuda/driver.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/text.h"
#include "cuda/driver_error.h"

namespace fitest::cuda {
namespace {

std::string cuda_version(const DriverApi& api) {
  int version = 0;
  if (api.driver_version == nullptr || api.driver_version(&version) != CudaResult::Success) {
    return "of unknown version";
  }
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string too_old(const Driver& driver, const std::vector<std::string>& missing) {
  return fmt::format(
      "{} (CUDA {}) lacks {}: update the NVIDIA driver to one of CUDA 12.4 (550) or newer",
      driver.library->path(), cuda_version(driver.api), join(missing, ", "));
}

// The number of the kernel module: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.03 …".
std::string kernel_module_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string line;
  std::getline(file, line);
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.find('.') != std::string::npos &&
        word.find_first_not_of("0123456789.") == std::string::npos) {
      return word;
    }
  }
  return {};
}

}  // namespace

Driver open_driver(const std::vector<std::string>& candidates) {
  Driver driver;
  driver.process = ::getpid();
  driver.library = DynamicLibrary::open(candidates, &driver.problem);
  if (!driver.library) {
    driver.problem = fmt::format("no NVIDIA driver: {}", driver.problem);
    return driver;
  }
  driver.problem.clear();
  const auto missing = load_driver_api(*driver.library, driver.api);
  if (!missing.empty()) {
    driver.problem = too_old(driver, missing);
    return driver;
  }
  if (const CudaResult result = driver.api.init(0); result != CudaResult::Success) {
    driver.problem = fmt::format("{}: cuInit failed with {}", driver.library->path(),
                                 words_of(driver.api, result));
    return driver;
  }
  driver.version = cuda_version(driver.api);
  return driver;
}

const Driver& installed_driver() {
  // One hardware queue is all that one stream needs, and halves the time to create a context.
  ::setenv("CUDA_DEVICE_MAX_CONNECTIONS", "1", 0);
  static const Driver* const driver =
      std::make_unique<const Driver>(open_driver({"libcuda.so.1"})).release();
  return *driver;
}

std::string describe_version(const DriverApi& api) {
  const std::string number = kernel_module_version();
  if (number.empty()) return fmt::format("CUDA {}", cuda_version(api));
  return fmt::format("{} (CUDA {})", number, cuda_version(api));
}

}  // namespace fitest::cuda
