// SPDX-License-Identifier: Apache-2.0
#include "tensor/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "document/document.h"
#include "tensor/random_access_file.h"

namespace fitest {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the limit of the safetensors library
constexpr std::size_t kReadGrain = 4u << 20;       // bytes that are worth a thread
constexpr std::string_view kLfsSignature = "version https://git-lfs.github.com/spec/";

struct Header {
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::map<std::string, std::string> metadata;
  std::uint64_t data_begin = 0;  // of the data section, in the file
};

// Reads the entries of one header and explains what is wrong with the first bad one.
class HeaderReader {
 public:
  HeaderReader(const RandomAccessFile& file, const std::filesystem::path& path)
      : file_(file), path_(path) {}

  Header read() {
    header_.data_begin = 8 + read_length();
    const Value document = parse();
    std::set<std::string> names;
    for (const auto& [name, value] : document.object()) {
      if (!names.insert(name).second)
        refuse_at(value, fmt::format("the name \"{}\" occurs twice", name));
      if (name == "__metadata__") {
        read_metadata(value);
      } else {
        header_.entries.push_back(read_entry(name, value));
      }
    }
    check_coverage();
    return std::move(header_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::Input,
         fmt::format("{} is not a valid safetensors file: {}", path_.string(), why));
  }
  [[noreturn]] void refuse_at(const Value& value, const std::string& why) const {
    if (value.source() == nullptr) refuse(why);
    fail_at(ErrorKind::Input, value.source(), value.range(), why);
  }

  std::uint64_t read_length() const {
    if (file_.size() < 8) {
      refuse(fmt::format("it has {} bytes; the header's length alone takes 8", file_.size()));
    }
    std::string start(std::min<std::uint64_t>(file_.size(), 64), '\0');
    file_.read(0, std::as_writable_bytes(std::span(start)));
    if (start.starts_with(kLfsSignature)) {
      fail(ErrorKind::Input,
           fmt::format("{} is a Git LFS pointer, not the file itself; fetch it with: git lfs pull "
                       "--include \"{}\"",
                       path_.string(), path_.string()));
    }
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      length |= static_cast<std::uint64_t>(static_cast<unsigned char>(start[i])) << (8 * i);
    }
    if (length > kMaxHeader) {
      refuse(fmt::format("its header would have {} bytes; {} is the limit", length, kMaxHeader));
    }
    if (length > file_.size() - 8) {
      refuse(fmt::format("its header would have {} bytes, but the file has only {}", length,
                         file_.size()));
    }
    return length;
  }

  Value parse() const {
    std::string text(header_.data_begin - 8, '\0');
    file_.read(8, std::as_writable_bytes(std::span(text)));
    if (!text.starts_with('{')) refuse("its header does not begin with '{'");
    Diagnostics diagnostics;
    Value document =
        read_json(make_source(path_.string() + ": header", std::move(text)), diagnostics);
    diagnostics.throw_if_errors();
    if (!document.is_object()) refuse("its header is not a JSON object");
    return document;
  }

  void read_metadata(const Value& value) {
    if (!value.is_object()) refuse_at(value, "\"__metadata__\" must be an object of strings");
    for (const auto& [key, text] : value.object()) {
      if (!text.is_string()) {
        refuse_at(text, fmt::format("\"__metadata__\" must hold strings; \"{}\" is {}", key,
                                    describe(text.type())));
      }
      header_.metadata[key] = text.string();
    }
  }

  const Value& member(const std::string& name, const Value& entry, std::string_view key) const {
    const Value* value = entry.find(key);
    if (value == nullptr) {
      refuse_at(entry, fmt::format("tensor \"{}\" lacks \"{}\"", name, key));
    }
    return *value;
  }

  std::vector<std::int64_t> integers(const std::string& what, const Value& value) const {
    if (!value.is_array()) {
      refuse_at(value, fmt::format("{} must be an array, not {}", what, describe(value.type())));
    }
    std::vector<std::int64_t> numbers;
    for (const Value& item : value.array()) {
      if (!item.is_integer() || item.integer() < 0) {
        refuse_at(item, what + " must hold integers of 0 or more");
      }
      numbers.push_back(item.integer());
    }
    return numbers;
  }

  SafetensorsEntry read_entry(const std::string& name, const Value& value) const {
    if (!value.is_object()) {
      refuse_at(value, fmt::format("tensor \"{}\" must be an object, not {}", name,
                                   describe(value.type())));
    }
    SafetensorsEntry entry;
    entry.name = name;
    const Value& dtype = member(name, value, "dtype");
    const auto known =
        dtype.is_string() ? dtype_from_safetensors_name(dtype.string()) : std::nullopt;
    if (!known) refuse_at(dtype, fmt::format("tensor \"{}\" has an unknown dtype", name));
    entry.dtype = *known;
    entry.shape = integers(fmt::format("the shape of \"{}\"", name), member(name, value, "shape"));
    read_offsets(entry, member(name, value, "data_offsets"));
    return entry;
  }

  void read_offsets(SafetensorsEntry& entry, const Value& value) const {
    const auto offsets = integers(fmt::format("data_offsets of \"{}\"", entry.name), value);
    const std::uint64_t data_size = file_.size() - header_.data_begin;
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      refuse_at(value, fmt::format("data_offsets of \"{}\" must be [begin, end] with begin <= end",
                                   entry.name));
    }
    entry.begin = static_cast<std::uint64_t>(offsets[0]);
    entry.end = static_cast<std::uint64_t>(offsets[1]);
    if (entry.end > data_size) {
      refuse_at(value, fmt::format("tensor \"{}\" ends at byte {} of the data, but the file holds "
                                   "only {}; is it cut short?",
                                   entry.name, entry.end, data_size));
    }
    const std::size_t count = count_of(entry, value);
    const bool whole_bytes = count * bits_of(entry.dtype) % 8 == 0;
    if (!whole_bytes || entry.end - entry.begin != bytes_for(entry.dtype, count)) {
      refuse_at(value, fmt::format("tensor \"{}\" has {} bytes, but {} of shape {} takes {} bits",
                                   entry.name, entry.end - entry.begin, name_of(entry.dtype),
                                   to_string(entry.shape), count * bits_of(entry.dtype)));
    }
  }

  // A count whose bytes could not be in the file is refused before it can overflow.
  std::size_t count_of(const SafetensorsEntry& entry, const Value& value) const {
    std::size_t count = 0;
    try {
      count = element_count(entry.shape);
    } catch (const Error& error) {
      refuse_at(value, fmt::format("tensor \"{}\": {}", entry.name, error.what()));
    }
    if (count / 8 > file_.size()) {
      refuse_at(value, fmt::format("tensor \"{}\" of shape {} is larger than the file", entry.name,
                                   to_string(entry.shape)));
    }
    return count;
  }

  // Every byte of the data belongs to exactly one tensor, as the format demands.
  void check_coverage() {
    auto& entries = header_.entries;
    std::stable_sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
      return std::pair(left.begin, left.end) < std::pair(right.begin, right.end);
    });
    std::uint64_t covered = 0;
    for (const SafetensorsEntry& entry : entries) {
      if (entry.begin < covered) {
        refuse(fmt::format("tensor \"{}\" overlaps the one before it", entry.name));
      }
      if (entry.begin > covered) {
        refuse(fmt::format("bytes {} to {} of its data belong to no tensor", covered, entry.begin));
      }
      covered = entry.end;
    }
    const std::uint64_t data_size = file_.size() - header_.data_begin;
    if (covered != data_size) {
      refuse(fmt::format("bytes {} to {} of its data belong to no tensor", covered, data_size));
    }
  }

  const RandomAccessFile& file_;
  const std::filesystem::path& path_;
  Header header_;
};

Tensor read_tensor(const RandomAccessFile& file, const Header& header,
                   const SafetensorsEntry& entry) {
  Tensor tensor(entry.dtype, entry.shape);
  const std::span<std::byte> bytes = tensor.bytes();
  parallel_for(bytes.size(), kReadGrain, [&](std::size_t begin, std::size_t end) {
    file.read(header.data_begin + entry.begin + begin, bytes.subspan(begin, end - begin));
  });
  return tensor;
}

std::string encode_header(const std::vector<std::pair<std::string, Tensor>>& tensors,
                          const std::map<std::string, std::string>& metadata) {
  Value document(Value::Object{});
  if (!metadata.empty()) {
    Value texts(Value::Object{});
    for (const auto& [key, text] : metadata) texts.set(key, text);
    document.set("__metadata__", std::move(texts));
  }
  std::int64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__" || document.find(name) != nullptr) {
      fail(ErrorKind::Usage,
           fmt::format("two tensors of a safetensors file have the name \"{}\"", name));
    }
    if (tensor.count() * bits_of(tensor.dtype()) % 8 != 0) {
      fail(ErrorKind::Unsupported,
           fmt::format("tensor \"{}\": safetensors cannot hold an odd number of {}", name,
                       name_of(tensor.dtype())));
    }
    const auto end = offset + static_cast<std::int64_t>(tensor.size_bytes());
    Value entry(Value::Object{});
    entry.set("dtype", safetensors_name_of(tensor.dtype()));
    entry.set("shape", Value::Array(tensor.shape().begin(), tensor.shape().end()));
    entry.set("data_offsets", Value::Array{offset, end});
    document.set(name, std::move(entry));
    offset = end;
  }
  std::string text = write_json(document, JsonStyle::Compact);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.pop_back();
  // Spaces align the data to 8 bytes, as the safetensors library writes it.
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

std::string encode_length(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((length >> (8 * i)) & 0xFF);
  return bytes;
}

}  // namespace

std::vector<SafetensorsEntry> read_safetensors_header(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  return HeaderReader(file, path).read().entries;
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  return HeaderReader(file, path).read().metadata;
}

Tensor read_safetensor(const std::filesystem::path& path, const std::string& name) {
  const RandomAccessFile file(path);
  const Header header = HeaderReader(file, path).read();
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.name == name) return read_tensor(file, header, entry);
    names.push_back(entry.name);
  }
  fail(ErrorKind::Input, fmt::format("{} has no tensor \"{}\"; it has {}", path.string(), name,
                                     names.empty() ? "none" : "\"" + join(names, "\", \"") + "\""));
}

std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  const Header header = HeaderReader(file, path).read();
  std::map<std::string, Tensor> tensors;
  for (const SafetensorsEntry& entry : header.entries) {
    tensors.emplace(entry.name, read_tensor(file, header, entry));
  }
  return tensors;
}

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = encode_header(tensors, metadata);
  const std::string start = encode_length(header.size()) + header;
  std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(start))};
  for (const auto& [name, tensor] : tensors) pieces.push_back(tensor.bytes());
  write_file_atomically(path, pieces);
}

}  // namespace fitest
