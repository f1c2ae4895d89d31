// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_module.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "base/text.h"

namespace fitest::cuda {
namespace {

constexpr std::size_t kLogBytes = 16384;

// Symbols that device code calls to print; cubins keep them in their symbol table.
bool may_print(const std::string& code) {
  return code.find("vprintf") != std::string::npos ||
         code.find("__assertfail") != std::string::npos;
}

int attribute_of(const DriverApi& api, FunctionAttribute attribute, CudaFunctionHandle function) {
  int value = 0;
  api.function_attribute(&value, attribute, function);
  return value;
}

KernelInfo read_info(const DriverApi& api, CudaFunctionHandle function) {
  KernelInfo info;
  const char* name = nullptr;
  api.function_name(&name, function);
  if (name != nullptr) info.name = name;
  std::size_t offset = 0;
  std::size_t size = 0;
  // There is no count: the first index past the end is an invalid value.
  while (api.function_parameter(function, info.parameter_bytes.size(), &offset, &size) ==
         CudaResult::Success) {
    info.parameter_bytes.push_back(size);
  }
  const auto read = [&](FunctionAttribute attribute) {
    return attribute_of(api, attribute, function);
  };
  info.static_shared_bytes = static_cast<std::size_t>(read(FunctionAttribute::StaticSharedBytes));
  info.local_bytes = static_cast<std::size_t>(read(FunctionAttribute::LocalBytes));
  info.registers = read(FunctionAttribute::Registers);
  info.max_threads_per_block = read(FunctionAttribute::MaxThreadsPerBlock);
  return info;
}

std::string loading(const Image& image) {
  return fmt::format("loading {} for {}", image.kind == Image::Kind::Ptx ? "PTX" : "a cubin",
                     image.target);
}

}  // namespace

std::unique_ptr<CudaModule> CudaModule::load(CudaContext& context, const Image& image,
                                             std::optional<Fault>& fault) {
  std::string log(kLogBytes, '\0');
  std::array options{JitOption::ErrorLog, JitOption::ErrorLogBytes};
  // A size travels in the pointer itself (CUDA Driver API, cuModuleLoadDataEx).
  std::array<void*, 2> values{log.data(), std::bit_cast<void*>(kLogBytes)};
  CudaModuleHandle handle = nullptr;
  const CudaResult result =
      context.api().module_load(&handle, image.code.c_str(), static_cast<unsigned>(options.size()),
                                options.data(), values.data());
  fault = context.check(result, loading(image));
  if (fault) {
    const std::string text(trim(log.c_str()));
    if (!text.empty()) fault->message += "\n" + text;
    return nullptr;
  }
  std::unique_ptr<CudaModule> module(
      new CudaModule(OwnedModule(context, handle), may_print(image.code)));
  fault = module->read_kernels(context);
  if (fault) return nullptr;
  return module;
}

std::optional<Fault> CudaModule::read_kernels(CudaContext& context) {
  const DriverApi& api = context.api();
  unsigned count = 0;
  CudaResult result = api.module_function_count(&count, module_.get());
  std::vector<CudaFunctionHandle> functions(count);
  if (result == CudaResult::Success && count > 0) {
    result = api.module_functions(functions.data(), count, module_.get());
  }
  if (auto fault = context.check(result, "listing the kernels of a module")) return fault;
  for (CudaFunctionHandle function : functions) {
    // Lazy loading would otherwise fall into the first launch, and into its time.
    if (auto fault = context.check(api.function_load(function), "loading a kernel")) return fault;
    KernelInfo info = read_info(api, function);
    const std::string name = info.name;
    kernels_[name] = {std::move(info), function};
  }
  return std::nullopt;
}

const KernelInfo* CudaModule::find(const std::string& name) const {
  const auto found = kernels_.find(name);
  return found == kernels_.end() ? nullptr : &found->second.info;
}

std::vector<std::string> CudaModule::kernel_names() const {
  std::vector<std::string> names;
  for (const auto& entry : kernels_) names.push_back(entry.first);
  return names;
}

CudaFunctionHandle CudaModule::function(const std::string& name) const {
  const auto found = kernels_.find(name);
  return found == kernels_.end() ? nullptr : found->second.function;
}

}  // namespace fitest::cuda
