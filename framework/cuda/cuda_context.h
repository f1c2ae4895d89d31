// SPDX-License-Identifier: Apache-2.0
// The primary context of a GPU, and whether it can still be used.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cuda/driver_api.h"
#include "device/fault.h"

namespace fitest::cuda {

// Single-threaded: current on the thread that made it.
class CudaContext {
 public:
  // Error (Environment) when the driver refuses.
  CudaContext(const DriverApi& api, CudaDeviceId device);
  ~CudaContext();
  CudaContext(const CudaContext&) = delete;
  CudaContext& operator=(const CudaContext&) = delete;

  const DriverApi& api() const noexcept { return api_; }

  // Nothing after a success; else a Fault in the driver's words. `doing` opens the sentence.
  std::optional<Fault> check(CudaResult result, std::string_view doing,
                             const std::string& kernel = {});
  // Error (Environment) instead of a Fault, for calls whose failure no kernel can be blamed for.
  void require(CudaResult result, std::string_view doing);

  // From now on nothing touches the context, also not to free what lives in it.
  void lose(const Fault& fault);
  const std::optional<Fault>& lost() const noexcept { return lost_; }

 private:
  const DriverApi& api_;
  CudaDeviceId device_;
  std::optional<Fault> lost_;
};

}  // namespace fitest::cuda
