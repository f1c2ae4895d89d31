// SPDX-License-Identifier: Apache-2.0
#include "cuda/fake_driver.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <sstream>

namespace fitest::cuda {
namespace {

constexpr std::size_t kAlignment = 512;
constexpr int kMultiprocessors = 132;

FakeGpu* current = nullptr;

CudaResult note(const std::string& call) {
  current->calls.push_back(call);
  return current->sticky;
}

template <class Handle, class Stored>
Handle handle_of(Stored* stored) {
  return reinterpret_cast<Handle>(stored);
}

std::string& name_of(CudaFunctionHandle function) {
  return *reinterpret_cast<std::string*>(function);
}

FakeKernel& kernel_of(CudaFunctionHandle function) {
  return current->kernels.at(name_of(function));
}

CudaResult device_attribute(int* value, DeviceAttribute attribute, CudaDeviceId) {
  static const std::map<DeviceAttribute, int> values{
      {DeviceAttribute::MaxThreadsPerBlock, 1024},  {DeviceAttribute::MaxBlockX, 1024},
      {DeviceAttribute::MaxBlockY, 1024},           {DeviceAttribute::MaxBlockZ, 64},
      {DeviceAttribute::MaxGridX, 2147483647},      {DeviceAttribute::MaxGridY, 65535},
      {DeviceAttribute::MaxGridZ, 65535},           {DeviceAttribute::RegistersPerBlock, 65536},
      {DeviceAttribute::SmCount, kMultiprocessors}, {DeviceAttribute::L2CacheBytes, 4096},
      {DeviceAttribute::ComputeMajor, 9},           {DeviceAttribute::ComputeMinor, 0},
      {DeviceAttribute::CooperativeLaunch, 1},      {DeviceAttribute::SharedMemoryOptIn, 232448},
      {DeviceAttribute::ClusterLaunch, 1}};
  *value = values.at(attribute);
  return CudaResult::Success;
}

CudaResult allocate(CudaAddress* address, std::size_t size) {
  if (size > current->memory_bytes) return CudaResult::OutOfMemory;
  std::vector<std::byte> bytes(size + kAlignment);
  const auto start = reinterpret_cast<CudaAddress>(bytes.data());
  *address = (start + kAlignment - 1) / kAlignment * kAlignment;
  current->memory[*address] = std::move(bytes);
  return note("memory_allocate");
}

CudaResult release(CudaAddress address) {
  current->memory.erase(address);
  return note("memory_free");
}

CudaResult fill_words(CudaAddress target, unsigned word, std::size_t count, CudaStreamHandle) {
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(host_pointer(target) + 4 * i, &word, sizeof word);
  }
  return note("fill_words");
}

CudaResult load_image(CudaModuleHandle* module, const void* image, char* log) {
  auto names = std::make_unique<std::string>(static_cast<const char*>(image));
  if (names->find(".version") != std::string::npos) return CudaResult::JitCompilerNotFound;
  std::istringstream words(*names);
  for (std::string word; words >> word;) {
    if (current->kernels.contains(word)) continue;
    std::snprintf(log, 100, "ptxas fatal: unknown '%s'", word.c_str());
    return CudaResult::InvalidPtx;
  }
  *module = handle_of<CudaModuleHandle>(names.get());
  current->functions.push_back(std::move(names));
  return note("module_load");
}

CudaResult function_count(unsigned* count, CudaModuleHandle module) {
  std::istringstream words(*reinterpret_cast<std::string*>(module));
  *count = 0;
  for (std::string word; words >> word;) ++*count;
  return current->sticky;
}

CudaResult functions(CudaFunctionHandle* handles, unsigned, CudaModuleHandle module) {
  std::istringstream words(*reinterpret_cast<std::string*>(module));
  for (std::string word; words >> word; ++handles) {
    current->functions.push_back(std::make_unique<std::string>(word));
    *handles = handle_of<CudaFunctionHandle>(current->functions.back().get());
  }
  return current->sticky;
}

CudaResult function_attribute(int* value, FunctionAttribute attribute,
                              CudaFunctionHandle function) {
  const FakeKernel& kernel = kernel_of(function);
  *value = attribute == FunctionAttribute::MaxThreadsPerBlock  ? kernel.max_threads
           : attribute == FunctionAttribute::Registers         ? kernel.registers
           : attribute == FunctionAttribute::StaticSharedBytes ? kernel.static_shared
                                                               : 0;
  return CudaResult::Success;
}

CudaResult parameter(CudaFunctionHandle function, std::size_t index, std::size_t*,
                     std::size_t* size) {
  const auto& sizes = kernel_of(function).parameter_bytes;
  if (index >= sizes.size()) return CudaResult::InvalidValue;
  *size = sizes[index];
  return CudaResult::Success;
}

CudaResult launch(const LaunchConfig* config, CudaFunctionHandle function, void** parameters,
                  void**) {
  note("launch " + name_of(function));
  if (current->sticky != CudaResult::Success) return current->sticky;
  FakeKernel& kernel = kernel_of(function);
  FakeLaunch launched{*config, {}, {}};
  for (unsigned i = 0; i < config->attribute_count; ++i) {
    launched.attributes.push_back(config->attributes[i]);
    if (config->attributes[i].id != LaunchAttributeId::Cooperative) continue;
    const auto resident = static_cast<unsigned>(kernel.resident_blocks * kMultiprocessors);
    if (config->grid_x > resident) return CudaResult::CooperativeTooLarge;
  }
  launched.parameters.assign(parameters, parameters + kernel.parameter_bytes.size());
  current->launches.push_back(launched);
  kernel.run(launched);
  current->clock_ms += kernel.milliseconds;
  current->endless = current->endless || kernel.endless;
  current->sticky = kernel.ends_with;
  return CudaResult::Success;
}

CudaResult query(CudaStreamHandle) {
  current->clock_ms += current->query_takes_ms;
  if (current->endless) return CudaResult::NotReady;
  return note("stream_query");
}

CudaResult synchronize_context() {
  std::fputs(current->printed.c_str(), stdout);
  current->printed.clear();
  return note("context_synchronize");
}

CudaResult create_event(CudaEventHandle* event, unsigned) {
  current->events.push_back(std::make_unique<float>(0.0f));
  *event = handle_of<CudaEventHandle>(current->events.back().get());
  return note("event_create");
}

CudaResult record_event(CudaEventHandle event, CudaStreamHandle) {
  *reinterpret_cast<float*>(event) = current->clock_ms;
  return note("event_record");
}

CudaResult elapsed(float* milliseconds, CudaEventHandle begin, CudaEventHandle end) {
  *milliseconds = *reinterpret_cast<float*>(end) - *reinterpret_cast<float*>(begin);
  return note("event_elapsed");
}

void add_queries(DriverApi& api) {
  api.init = [](unsigned) { return CudaResult::Success; };
  api.driver_version = [](int* version) {
    *version = 13000;
    return CudaResult::Success;
  };
  api.error_name = [](CudaResult, const char** text) {
    *text = "CUDA_ERROR_FAKE";
    return CudaResult::Success;
  };
  api.error_string = [](CudaResult, const char** text) {
    *text = "as arranged";
    return CudaResult::Success;
  };
  api.device_count = [](int* count) {
    *count = current->device_count;
    return CudaResult::Success;
  };
  api.device_get = [](CudaDeviceId* id, int index) {
    *id = index;
    return CudaResult::Success;
  };
  api.device_name = [](char* name, int size, CudaDeviceId) {
    std::snprintf(name, static_cast<std::size_t>(size), "Fake GPU");
    return CudaResult::Success;
  };
  api.device_uuid = [](CudaUuid* uuid, CudaDeviceId id) {
    uuid->bytes.fill(static_cast<unsigned char>(0xA0 + id));
    return CudaResult::Success;
  };
  api.device_memory = [](std::size_t* bytes, CudaDeviceId) {
    *bytes = current->memory_bytes;
    return CudaResult::Success;
  };
  api.device_attribute = device_attribute;
}

void add_memory(DriverApi& api) {
  api.memory_allocate = allocate;
  api.memory_free = release;
  api.memory_info = [](std::size_t* available, std::size_t* total) {
    *available = *total = current->memory_bytes;
    return CudaResult::Success;
  };
  api.copy_to_device = [](CudaAddress target, const void* source, std::size_t size,
                          CudaStreamHandle) {
    std::memcpy(host_pointer(target), source, size);
    return note("copy_to_device");
  };
  api.copy_to_host = [](void* target, CudaAddress source, std::size_t size, CudaStreamHandle) {
    std::memcpy(target, host_pointer(source), size);
    return note("copy_to_host");
  };
  api.copy_on_device = [](CudaAddress target, CudaAddress source, std::size_t size,
                          CudaStreamHandle) {
    std::memcpy(host_pointer(target), host_pointer(source), size);
    return note("copy_on_device");
  };
  api.fill_words = fill_words;
}

void add_modules(DriverApi& api) {
  api.module_load = [](CudaModuleHandle* module, const void* image, unsigned count,
                       JitOption* options, void** values) {
    const auto* log = std::find(options, options + count, JitOption::ErrorLog);
    return load_image(module, image, static_cast<char*>(values[log - options]));
  };
  api.module_unload = [](CudaModuleHandle) { return note("module_unload"); };
  api.module_function_count = function_count;
  api.module_functions = functions;
  api.function_name = [](const char** name, CudaFunctionHandle function) {
    *name = name_of(function).c_str();
    return CudaResult::Success;
  };
  api.function_load = [](CudaFunctionHandle) { return current->sticky; };
  api.function_attribute = function_attribute;
  api.function_set_attribute = [](CudaFunctionHandle, FunctionAttribute attribute, int value) {
    current->set_attributes.push_back(std::to_string(static_cast<int>(attribute)) + "=" +
                                      std::to_string(value));
    return current->sticky;
  };
  api.function_parameter = parameter;
  api.launch = launch;
  api.resident_blocks = [](int* blocks, CudaFunctionHandle function, int, std::size_t) {
    *blocks = kernel_of(function).resident_blocks;
    return current->sticky;
  };
}

void add_streams(DriverApi& api) {
  // The first 48 bytes of a fake map are what it was asked for.
  api.tensor_map_encode = [](void* map, int type, unsigned rank, void* address,
                             const std::uint64_t* shape, const std::uint64_t* strides,
                             const std::uint32_t* box, const std::uint32_t*, int, int swizzle, int,
                             int) {
    if (reinterpret_cast<std::uintptr_t>(map) % 64 != 0) return CudaResult::InvalidValue;
    const std::array<std::uint64_t, 6> noted{reinterpret_cast<CudaAddress>(address),
                                             shape[0],
                                             rank > 1 ? strides[0] : 0,
                                             box[0],
                                             static_cast<std::uint64_t>(type),
                                             static_cast<std::uint64_t>(swizzle)};
    std::memcpy(map, noted.data(), sizeof noted);
    return note("tensor_map_encode");
  };
  api.context_retain = [](CudaContextHandle*, CudaDeviceId) { return note("context_retain"); };
  api.context_release = [](CudaDeviceId) { return note("context_release"); };
  api.context_set_current = [](CudaContextHandle) { return note("context_set_current"); };
  api.context_synchronize = synchronize_context;
  api.context_reset_persisting_l2 = [] { return note("context_reset_persisting_l2"); };
  api.stream_create = [](CudaStreamHandle*, unsigned) { return note("stream_create"); };
  api.stream_destroy = [](CudaStreamHandle) { return note("stream_destroy"); };
  api.stream_query = query;
  api.event_create = create_event;
  api.event_destroy = [](CudaEventHandle) { return note("event_destroy"); };
  api.event_record = record_event;
  api.event_elapsed = elapsed;
}

}  // namespace

std::byte* host_pointer(CudaAddress address) {
  return std::bit_cast<std::byte*>(address);
}

DriverApi fake_driver(FakeGpu& gpu) {
  current = &gpu;
  DriverApi api;
  add_queries(api);
  add_memory(api);
  add_modules(api);
  add_streams(api);
  return api;
}

}  // namespace fitest::cuda
