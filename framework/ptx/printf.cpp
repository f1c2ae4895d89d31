// SPDX-License-Identifier: Apache-2.0
#include "ptx/printf.h"

#include <array>
#include <cstdio>
#include <cstring>

namespace fitest::ptx {
namespace {

class Formatter {
 public:
  Formatter(const std::string& format, const PrintfSource& source)
      : format_(format), source_(source) {}

  std::optional<std::string> run() {
    while (at_ < format_.size()) {
      const char c = format_[at_++];
      if (c != '%') {
        text_ += c;
      } else if (at_ < format_.size() && format_[at_] == '%') {
        text_ += '%';
        ++at_;
      } else if (!conversion()) {
        return std::nullopt;
      }
    }
    return text_;
  }

 private:
  bool read(void* value, std::size_t size) {
    offset_ = (offset_ + size - 1) / size * size;
    const std::uint8_t* bytes = source_.bytes(offset_, size);
    if (bytes == nullptr) return false;
    std::memcpy(value, bytes, size);
    offset_ += size;
    return true;
  }

  template <class T>
  void put(const std::string& specification, T value) {
    std::array<char, 512> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), specification.c_str(), value);
    if (size > 0) text_.append(buffer.data(), std::min<std::size_t>(size, buffer.size() - 1));
  }

  // Flags, width and precision; '*' takes an int argument.
  bool prefix(std::string& specification) {
    static const std::string flags = "-+ #0123456789.";
    for (; at_ < format_.size(); ++at_) {
      const char c = format_[at_];
      if (c == '*') {
        std::int32_t value = 0;
        if (!read(&value, sizeof value)) return false;
        specification += std::to_string(value);
      } else if (flags.find(c) != std::string::npos) {
        specification += c;
      } else {
        break;
      }
    }
    return true;
  }

  bool conversion() {
    std::string specification = "%";
    if (!prefix(specification)) return false;
    int longs = 0;
    for (; at_ < format_.size(); ++at_) {
      const char c = format_[at_];
      if (c == 'l' || c == 'j' || c == 'z' || c == 't') {
        ++longs;
      } else if (c != 'h') {
        break;
      }
    }
    if (at_ >= format_.size()) {
      text_ += specification;
      return true;
    }
    return value(specification, format_[at_++], longs > 0);
  }

  bool value(const std::string& specification, char kind, bool wide) {
    static const std::string integers = "diuoxX";
    static const std::string floats = "fFeEgGaA";
    if (floats.find(kind) != std::string::npos) {
      double number = 0;
      if (!read(&number, sizeof number)) return false;
      put(specification + kind, number);
    } else if (integers.find(kind) != std::string::npos && wide) {
      long long number = 0;
      if (!read(&number, sizeof number)) return false;
      put(specification + "ll" + kind, number);
    } else if (integers.find(kind) != std::string::npos || kind == 'c') {
      std::int32_t number = 0;
      if (!read(&number, sizeof number)) return false;
      put(specification + kind, number);
    } else if (kind == 'p' || kind == 's') {
      return pointer(specification, kind);
    } else {
      text_ += specification + kind;
    }
    return true;
  }

  bool pointer(const std::string& specification, char kind) {
    std::uint64_t address = 0;
    if (!read(&address, sizeof address)) return false;
    if (kind == 'p') {
      put(specification + "#llx", static_cast<unsigned long long>(address));
      return true;
    }
    const auto string = source_.string(address);
    if (string) put(specification + "s", string->c_str());
    return string.has_value();
  }

  const std::string& format_;
  const PrintfSource& source_;
  std::size_t at_ = 0;
  std::size_t offset_ = 0;
  std::string text_;
};

}  // namespace

std::optional<std::string> format_printf(const std::string& format, const PrintfSource& source) {
  return Formatter(format, source).run();
}

}  // namespace fitest::ptx
