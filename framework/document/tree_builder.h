// SPDX-License-Identifier: Apache-2.0
// Builds a Value tree from a reader's events: nesting limit, duplicate keys, merge keys.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "document/value.h"

namespace fitest {

class TreeBuilder {
 public:
  TreeBuilder(SourcePtr source, Diagnostics& diagnostics)
      : source_(std::move(source)), diagnostics_(diagnostics) {}

  // False, with a diagnostic, when the nesting is too deep.
  bool begin(Value container, SourceRange range);
  void key(std::string name, SourceRange range);
  // Adds a finished value that keeps the location it has, if any; returns it in its place.
  const Value& add(Value value, SourceRange range);
  // Closes the innermost container, whose text ends at `end`.
  const Value& end(std::size_t end_offset);

  // The next value that comes is a mapping key: only YAML readers ask.
  bool expects_key() const;
  // YAML: `<<` members are replaced by the members of the mappings that they hold.
  void set_merge_keys(bool merge) { merge_keys_ = merge; }

  bool finished() const { return frames_.empty() && has_root_; }
  Value take_root() { return std::move(root_); }

 private:
  struct Frame {
    Value container;
    std::string key;
    SourceRange key_range;
    bool has_key = false;
  };
  const Value& attach(Value value);
  void check_duplicates(const Value::Object& members);
  void merge(Value::Object& members);
  void merge_from(Value::Object& members, const Value& mapping);

  SourcePtr source_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  Value root_;
  bool has_root_ = false;
  bool merge_keys_ = false;
};

}  // namespace fitest
