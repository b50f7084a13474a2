/// The values of stored tensors.
extension Tensor.ElementType {
  /// The values that little-endian bytes hold.
  func values(from data: Span<UInt8>) -> [Float] {
    var values = [Float](repeating: 0, count: data.count / byteCount)
    for index in values.indices {
      let low = UInt16(data[index * byteCount]) | UInt16(data[index * byteCount + 1]) << 8
      switch self {
      case .float16:
        values[index] = Float(float16Bits: low)
      case .bfloat16:
        values[index] = Float(bfloat16Bits: low)
      case .float32:
        let high = UInt32(data[index * 4 + 2]) | UInt32(data[index * 4 + 3]) << 8
        values[index] = Float(bitPattern: UInt32(low) | high << 16)
      }
    }
    return values
  }
}
