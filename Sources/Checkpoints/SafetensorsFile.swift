/// The contents of a safetensors file: named tensors and a table of texts.

/// Float values with a name, a shape and the type that a file stores them in.
package struct Tensor: Sendable, Equatable {
  /// How a file stores one value.
  ///
  /// The raw value is the file's word for it.
  package enum ElementType: String, Sendable, CaseIterable {
    case float32 = "F32"
    case bfloat16 = "BF16"
    case float16 = "F16"

    /// Bytes of one stored value.
    package var byteCount: Int { self == .float32 ? 4 : 2 }
  }

  package let name: String

  /// The extents, the slowest first; empty for a single value.
  package let shape: [Int]

  package let elementType: ElementType

  /// The values, row-major.
  ///
  /// They are rounded to `elementType` only when they are written.
  package let values: [Float]

  /// - Precondition: `values` has `shape`'s number of entries, and the name is not the one that the
  ///   format reserves for its metadata.
  package init(
    name: String, shape: [Int], elementType: ElementType = .float32, values: [Float]
  ) {
    precondition(
      name != SafetensorsHeader.metadataKey,
      "found the reserved name \(name), expected another tensor name")
    precondition(
      shape.allSatisfy { $0 >= 0 } && values.count == shape.reduce(1, *),
      "found \(values.count) values, expected shape \(shape) for tensor \(name)")
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.values = values
  }
}

/// Everything a safetensors file says.
package struct SafetensorsFile: Sendable, Equatable {
  /// In the order of their bytes.
  package var tensors: [Tensor]

  /// Texts beside the tensors, without the checksums.
  package var metadata: [String: String]

  /// Whether checksums protect these contents.
  ///
  /// True for contents made here, because writing adds them; false for a file that was read and had
  /// none.
  package let hasChecksums: Bool

  package init(tensors: [Tensor], metadata: [String: String] = [:], hasChecksums: Bool = true) {
    self.tensors = tensors
    self.metadata = metadata
    self.hasChecksums = hasChecksums
  }
}
