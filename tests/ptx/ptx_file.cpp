// SPDX-License-Identifier: Apache-2.0
#include "ptx_file.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/small_float.h"
#include "base/text.h"

namespace fitest::ptx {
namespace {

std::size_t size_of(const std::string& type) {
  const std::size_t digits = type.find_first_of("0123456789");
  const auto bits = parse_integer(type.substr(std::min(digits, type.size())));
  if (type == "e4m3" || type == "e5m2") return 1;
  if (!bits || *bits % 8 != 0) fail(ErrorKind::Input, "unknown type " + type);
  return static_cast<std::size_t>(*bits / 8);
}

bool is_float(const std::string& type) {
  return type == "f16" || type == "bf16" || type == "f32" || type == "f64";
}

std::uint64_t float_bits(const std::string& type, double value) {
  if (type == "f64") return std::bit_cast<std::uint64_t>(value);
  const auto narrow = static_cast<float>(value);
  if (type == "f32") return std::bit_cast<std::uint32_t>(narrow);
  return type == "f16" ? float_to_half(narrow) : float_to_bfloat16(narrow);
}

double float_value(const std::string& type, std::uint64_t bits) {
  if (type == "f64") return std::bit_cast<double>(bits);
  if (type == "f32") return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  const auto half = static_cast<std::uint16_t>(bits);
  return type == "f16" ? half_to_float(half) : bfloat16_to_float(half);
}

PtxValue parse_value(const std::string& type, const std::string& text) {
  PtxValue value;
  value.any = text == "?";
  value.any_nan = text == "nan" && is_float(type);
  if (value.any) return value;
  if (text.starts_with("0x")) {
    value.bits = std::strtoull(text.c_str(), nullptr, 16);
  } else if (is_float(type)) {
    value.bits = float_bits(type, std::strtod(text.c_str(), nullptr));
  } else {
    value.bits = text.starts_with("-")
                     ? static_cast<std::uint64_t>(std::strtoll(text.c_str(), nullptr, 10))
                     : std::strtoull(text.c_str(), nullptr, 10);
  }
  const std::size_t size = size_of(type);
  if (size < 8) value.bits &= (std::uint64_t{1} << (8 * size)) - 1;
  return value;
}

void parse_values(const std::string& type, const std::string& text, std::vector<PtxValue>& out) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t dots = word.find("..");
    const std::size_t star = word.find('*');
    if (dots != std::string::npos) {
      const long long last = std::strtoll(word.c_str() + dots + 2, nullptr, 10);
      for (long long i = std::strtoll(word.c_str(), nullptr, 10); i <= last; ++i) {
        out.push_back(parse_value(type, std::to_string(i)));
      }
    } else if (star != std::string::npos) {
      const long count = std::strtol(word.c_str() + star + 1, nullptr, 10);
      const PtxValue value = parse_value(type, word.substr(0, star));
      for (long i = 0; i < count; ++i) out.push_back(value);
    } else {
      out.push_back(parse_value(type, word));
    }
  }
}

Dim3 parse_dim(const std::string& text) {
  const auto parts = split(text, ',');
  Dim3 dim;
  std::uint32_t* axes[] = {&dim.x, &dim.y, &dim.z};
  for (std::size_t i = 0; i < parts.size() && i < 3; ++i) {
    *axes[i] = static_cast<std::uint32_t>(parse_integer(parts[i]).value_or(0));
  }
  return dim;
}

void parse_run(const std::string& text, PtxFile& file) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) fail(ErrorKind::Input, file.path + ": bad run: " + word);
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (key == "kernel") {
      file.launch.kernel = value;
    } else if (key == "grid") {
      file.launch.grid = parse_dim(value);
    } else if (key == "block") {
      file.launch.block = parse_dim(value);
    } else if (key == "shared") {
      file.launch.dynamic_shared_bytes = static_cast<std::size_t>(*parse_integer(value));
    } else if (key == "cooperative" && value == "1") {
      file.launch.cooperative = true;
    } else if (key == "check" && value == "init") {
      file.check_init = true;
    } else if (key == "check" && value == "race") {
      file.check_race = true;
    } else {
      fail(ErrorKind::Input, file.path + ": unknown key " + key);
    }
  }
}

void parse_parameter(const std::string& head, const std::string& values, PtxFile& file) {
  std::istringstream words(head);
  std::string kind;
  PtxParameter parameter;
  words >> kind >> parameter.name >> parameter.type;
  const std::size_t tilde = parameter.type.find('~');
  if (tilde != std::string::npos) {
    parameter.ulps = static_cast<std::uint64_t>(*parse_integer(parameter.type.substr(tilde + 1)));
    parameter.type.resize(tilde);
  }
  using Kind = PtxParameter::Kind;
  parameter.kind = kind == "in"      ? Kind::In
                   : kind == "out"   ? Kind::Out
                   : kind == "inout" ? Kind::InOut
                                     : Kind::Scalar;
  const std::size_t arrow = values.find("->");
  if (parameter.kind != Kind::Out) {
    parse_values(parameter.type, values.substr(0, arrow), parameter.given);
  }
  if (parameter.kind == Kind::Out || parameter.kind == Kind::InOut) {
    const std::string expected = arrow == std::string::npos ? values : values.substr(arrow + 2);
    parse_values(parameter.type, expected, parameter.expected);
  }
  file.parameters.push_back(std::move(parameter));
}

void parse_directive(const std::string& line, PtxFile& file) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) return;
  const std::string head = line.substr(0, colon);
  const std::string rest(trim(line.substr(colon + 1)));
  const std::string word = head.substr(0, head.find(' '));
  if (head == "run") {
    parse_run(rest, file);
  } else if (head == "fault") {
    file.fault = rest;
  } else if (head == "raced") {
    file.raced = rest;
  } else if (head == "prints") {
    file.prints = rest;
  } else if (word == "in" || word == "out" || word == "inout" || word == "scalar") {
    parse_parameter(head, rest, file);
  }
}

std::vector<std::byte> to_bytes(const PtxParameter& parameter,
                                const std::vector<PtxValue>& values) {
  const std::size_t size = size_of(parameter.type);
  std::vector<std::byte> bytes(values.size() * size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::memcpy(bytes.data() + i * size, &values[i].bits, size);
  }
  return bytes;
}

// Distance in representable values of one sign, or a huge number.
std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

bool matches(const PtxParameter& parameter, const PtxValue& expected, std::uint64_t actual) {
  if (expected.any) return true;
  if (expected.any_nan) return std::isnan(float_value(parameter.type, actual));
  return distance(expected.bits, actual) <= parameter.ulps;
}

std::string show(const PtxParameter& parameter, std::uint64_t bits) {
  if (!is_float(parameter.type)) return fmt::format("{:#x}", bits);
  return fmt::format("{:#x} ({})", bits, float_value(parameter.type, bits));
}

std::string compare(const PtxParameter& parameter, Device& device, const Buffer& buffer) {
  const std::size_t size = size_of(parameter.type);
  std::vector<std::byte> bytes(parameter.expected.size() * size);
  device.download(buffer, bytes);
  std::string problems;
  for (std::size_t i = 0; i < parameter.expected.size(); ++i) {
    std::uint64_t actual = 0;
    std::memcpy(&actual, bytes.data() + i * size, size);
    if (matches(parameter, parameter.expected[i], actual)) continue;
    problems += fmt::format("{}[{}] is {}, expected {}\n", parameter.name, i,
                            show(parameter, actual), show(parameter, parameter.expected[i].bits));
  }
  return problems;
}

Access access_of(PtxParameter::Kind kind) {
  if (kind == PtxParameter::Kind::In) return Access::Input;
  return kind == PtxParameter::Kind::Out ? Access::Output : Access::Workspace;
}

BufferPtr make_buffer(const PtxParameter& parameter, Device& device) {
  const std::size_t count = std::max(parameter.given.size(), parameter.expected.size());
  BufferPtr buffer =
      device.allocate({parameter.name, count * size_of(parameter.type), access_of(parameter.kind)});
  if (parameter.kind == PtxParameter::Kind::Out && device.properties().kind == "virtual") {
    device.poison(*buffer);
  } else if (parameter.kind == PtxParameter::Kind::Out) {
    device.upload(*buffer, std::vector<std::byte>(buffer->spec().size_bytes, std::byte{0xFF}));
  } else {
    device.upload(*buffer, to_bytes(parameter, parameter.given));
  }
  return buffer;
}

std::string compare_fault(const PtxFile& file, const std::optional<Fault>& fault) {
  if (!file.fault) return fault ? describe(*fault) : "";
  const std::string actual = fault ? describe(*fault) : "no fault";
  if (actual.find(*file.fault) != std::string::npos) return "";
  return fmt::format("expected the fault\n{}\nbut got\n{}\n", *file.fault, actual);
}

// "sm_90a" is 90.
int target_of(const std::string& text) {
  const std::size_t at = text.find("\n.target sm_");
  return at == std::string::npos ? 80 : std::atoi(text.c_str() + at + 12);
}

}  // namespace

PtxFile read_ptx_file(const std::string& path) {
  PtxFile file;
  file.path = path;
  file.text = read_file(path);
  file.compute_capability = target_of(file.text);
  std::string pending;
  for (const std::string& line : split(file.text, '\n')) {
    if (!line.starts_with("//")) break;
    if (line.starts_with("//   ")) {
      pending += " " + std::string(trim(line.substr(2)));
      continue;
    }
    parse_directive(pending, file);
    pending = std::string(trim(line.substr(2)));
  }
  parse_directive(pending, file);
  if (file.launch.kernel.empty()) fail(ErrorKind::Input, path + " has no line `// run: kernel=…`");
  return file;
}

std::string run_ptx_file(const PtxFile& file, Device& device) {
  std::optional<Fault> fault;
  const std::string target = fmt::format("compute_{}", file.compute_capability);
  const ModulePtr module = device.load(Image{Image::Kind::Ptx, file.text, target}, fault);
  if (!module) return compare_fault(file, fault);
  Launch launch = file.launch;
  std::vector<BufferPtr> buffers;
  for (const PtxParameter& parameter : file.parameters) {
    KernelArgument argument{parameter.name, {}};
    buffers.emplace_back();
    if (parameter.kind == PtxParameter::Kind::Scalar) {
      argument.bytes = to_bytes(parameter, parameter.given);
    } else {
      buffers.back() = make_buffer(parameter, device);
      const std::uint64_t address = buffers.back()->address();
      argument.bytes.resize(sizeof address);
      std::memcpy(argument.bytes.data(), &address, sizeof address);
    }
    launch.arguments.push_back(std::move(argument));
  }
  fault = device.launch(*module, launch);
  if (!fault) fault = device.synchronize();
  const std::vector<Fault> hazards = device.take_hazards();
  if (!fault && file.fault && !hazards.empty()) fault = hazards.front();
  std::string problems = compare_fault(file, fault);
  if (file.prints && device.take_output().find(*file.prints) == std::string::npos) {
    problems += "it does not print " + *file.prints + "\n";
  }
  for (std::size_t i = 0; i < buffers.size() && !fault; ++i) {
    if (buffers[i]) problems += compare(file.parameters[i], device, *buffers[i]);
  }
  return problems;
}

}  // namespace fitest::ptx
