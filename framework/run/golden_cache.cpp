// SPDX-License-Identifier: Apache-2.0
#include "run/golden_cache.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "tensor/safetensors.h"

namespace fitest {
namespace {

constexpr const char* kFormat = "golden-2";

std::filesystem::path path_of(const std::string& key) {
  return cache_directory() / "golden" / key.substr(0, 2) / (key + ".safetensors");
}

}  // namespace

std::string golden_key(const InputRequest& request, const std::string& engine) {
  return Sha256()
      .field(kFormat)
      .field(engine)
      .field(request.definition.reference)
      .field(describe_inputs(request))
      .hex_digest();
}

std::optional<ReferenceResult> load_golden(const std::string& key, const Definition& definition) {
  const std::filesystem::path path = path_of(key);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    const auto metadata = read_safetensors_metadata(path);
    auto tensors = read_safetensors(path);
    ReferenceResult result;
    result.from_cache = true;
    result.engine = metadata.at("engine");
    result.hardware = metadata.at("hardware");
    result.milliseconds = parse_double(metadata.at("milliseconds")).value_or(0);
    for (const TensorSpec& output : definition.outputs) {
      result.outputs.push_back({output.name, tensors.at(output.name), false, 0});
    }
    return result;
  } catch (const std::exception&) {
    return std::nullopt;  // damaged: computed again and written over
  }
}

void store_golden(const std::string& key, const ReferenceResult& result) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const NamedTensor& output : result.outputs) tensors.emplace_back(output.name, output.tensor);
  write_safetensors(path_of(key), tensors,
                    {{"engine", result.engine},
                     {"hardware", result.hardware},
                     {"milliseconds", fmt::format("{}", result.milliseconds)}});
}

std::optional<double> load_latency(const std::string& key) {
  const std::filesystem::path path = path_of(key);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    return parse_double(read_safetensors_metadata(path).at("latency_ms"));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void store_latency(const std::string& key, double milliseconds) {
  write_safetensors(path_of(key), {}, {{"latency_ms", fmt::format("{}", milliseconds)}});
}

}  // namespace fitest
