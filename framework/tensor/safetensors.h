// SPDX-License-Identifier: Apache-2.0
// The safetensors format (https://huggingface.co/docs/safetensors): header length, JSON header,
// data.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace fitest {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::Float32;
  Shape shape;
  std::uint64_t begin = 0;  // offsets into the data section
  std::uint64_t end = 0;
};

// Header alone; every size and offset checked against the file. Error (Input) names the file and
// what is wrong; a Git-LFS pointer is named as such, with the command that fetches it.
std::vector<SafetensorsEntry> read_safetensors_header(const std::filesystem::path& path);
Tensor read_safetensor(const std::filesystem::path& path, const std::string& name);
std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& path);
// The header's "__metadata__"; empty if it has none.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);
// Written atomically; entries in the given order.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace fitest
