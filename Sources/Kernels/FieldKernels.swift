internal import CFieldKernels

/// Field weights rearranged for the kernels: made once per scene, then shared by all threads.
package struct PackedFieldWeights: Sendable {
  package let shape: FieldKernelShape
  private let packed: Packed

  private enum Packed: Sendable {
    case float32([Float])
    /// Words of two weights, and biases as bit patterns.
    case bfloat16([UInt32])
  }

  /// - Parameters:
  ///   - weights: the flat weights in the order that `field_kernels.h` gives, `[weightCount]`.
  ///   - precision: one that this CPU has; only `float32` has gradients.
  package init(
    shape: FieldKernelShape, weights: Span<Float>, precision: FieldPrecision = .float32
  ) {
    precondition(
      weights.count == shape.weightCount,
      "found \(weights.count) weights, expected \(shape.weightCount)")
    precondition(precision.isAvailable, "found a CPU without \(precision)")
    var field = shape.cField
    self.shape = shape
    switch precision {
    case .float32:
      let count = unsafe fk_packed_count(&field)
      packed = .float32(
        unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
          unsafe weights.withUnsafeBufferPointer { source in
            unsafe fk_pack(&field, source.baseAddress, buffer.baseAddress)
          }
          initialized = count
        })
    case .bfloat16:
      let count = unsafe fk_packed_bfloat16_count(&field)
      packed = .bfloat16(
        unsafe [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
          unsafe weights.withUnsafeBufferPointer { source in
            unsafe fk_pack_bfloat16(&field, source.baseAddress, buffer.baseAddress)
          }
          initialized = count
        })
    }
  }

  /// The packed weights of the kernels that have gradients.
  private var packedFloats: [Float] {
    guard case .float32(let packed) = packed else {
      preconditionFailure("found weights in bfloat16, expected float32 for gradients")
    }
    return packed
  }

  /// Evaluates the field at the batch's first `count` samples: fills density and radiance.
  ///
  /// - Parameter backend: of the `float32` kernels; `bfloat16` has one alone.
  package func evaluate(_ batch: inout FieldBatch, backend: FieldKernelBackend = .best) {
    var field = shape.cField
    let count = batch.count
    unsafe batch.withPointers { inputs, outputs in
      switch packed {
      case .float32(let packed):
        unsafe packed.withUnsafeBufferPointer { weights in
          unsafe fk_forward(backend.cBackend, &field, weights.baseAddress, count, inputs, outputs)
        }
      case .bfloat16(let packed):
        unsafe packed.withUnsafeBufferPointer { weights in
          unsafe fk_forward_bfloat16(&field, weights.baseAddress, count, inputs, outputs)
        }
      }
    }
  }

  /// As `evaluate`, and keeps every layer's activations for `accumulateGradient`.
  package func evaluate(
    _ batch: inout FieldBatch, storing activations: FieldActivations,
    backend: FieldKernelBackend = .best
  ) {
    var field = shape.cField
    let count = batch.count
    activations.check(shape: shape, count: count)
    unsafe packedFloats.withUnsafeBufferPointer { weights in
      unsafe batch.withPointers { inputs, outputs in
        unsafe fk_forward_storing(
          backend.cBackend, &field, weights.baseAddress, count, inputs, outputs,
          activations.stored)
      }
    }
  }

  /// Adds ∂L/∂weights, given ∂L/∂density and ∂L/∂radiance per sample.
  ///
  /// - Parameters:
  ///   - batch: as `evaluate(_:storing:)` left it.
  ///   - activations: as `evaluate(_:storing:)` left them.
  ///   - weightGradient: in the order of the flat weights, `[weightCount]`; accumulated.
  package func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float],
    backend: FieldKernelBackend = .best
  ) {
    unsafe accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient, positions: fk_positions(), backend: backend)
  }

  /// As above, and overwrites `positionGradient` with ∂L/∂position of the batch's samples.
  package func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float],
    positionGradient: inout FieldPositionGradient, backend: FieldKernelBackend = .best
  ) {
    precondition(
      positionGradient.capacity >= batch.count,
      "found room for \(positionGradient.capacity) samples, expected \(batch.count)")
    unsafe positionGradient.withPointers { positions in
      unsafe accumulateGradient(
        of: &batch, outputGradient: &outputGradient, activations: activations,
        weightGradient: &weightGradient, positions: positions, backend: backend)
    }
  }

  private func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float], positions: fk_positions,
    backend: FieldKernelBackend
  ) {
    var field = shape.cField
    let count = batch.count
    activations.check(shape: shape, count: count)
    precondition(
      weightGradient.count == shape.weightCount && outputGradient.capacity >= count,
      "found a gradient of another shape")
    unsafe packedFloats.withUnsafeBufferPointer { weights in
      unsafe weightGradient.withUnsafeMutableBufferPointer { gradient in
        unsafe outputGradient.withPointers { slopes in
          unsafe batch.withPointers { _, outputs in
            unsafe fk_backward(
              backend.cBackend, &field, weights.baseAddress, count, activations.stored, outputs,
              slopes, gradient.baseAddress, positions, activations.scratch)
          }
        }
      }
    }
  }
}

/// ∂L/∂density and ∂L/∂radiance of a batch's samples, `[capacity]` each.
package struct FieldOutputGradient: Sendable {
  package var density: [Float]
  package var red: [Float]
  package var green: [Float]
  package var blue: [Float]

  package var capacity: Int { density.count }

  package init(capacity: Int) {
    density = [Float](repeating: 0, count: capacity)
    (red, green, blue) = (density, density, density)
  }

  mutating func withPointers<Result>(_ body: (fk_outputs) -> Result) -> Result {
    unsafe density.withUnsafeMutableBufferPointer { density in
      unsafe red.withUnsafeMutableBufferPointer { red in
        unsafe green.withUnsafeMutableBufferPointer { green in
          unsafe blue.withUnsafeMutableBufferPointer { blue in
            unsafe body(
              fk_outputs(
                density: density.baseAddress, red: red.baseAddress, green: green.baseAddress,
                blue: blue.baseAddress))
          }
        }
      }
    }
  }
}

/// ∂L/∂position of a batch's samples, per scene unit, `[capacity]` each.
package struct FieldPositionGradient: Sendable {
  package private(set) var x: [Float]
  package private(set) var y: [Float]
  package private(set) var z: [Float]

  package var capacity: Int { x.count }

  package init(capacity: Int) {
    x = [Float](repeating: 0, count: capacity)
    (y, z) = (x, x)
  }

  fileprivate mutating func withPointers(_ body: (fk_positions) -> Void) {
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe z.withUnsafeMutableBufferPointer { z in
          unsafe body(fk_positions(x: x.baseAddress, y: y.baseAddress, z: z.baseAddress))
        }
      }
    }
  }
}

extension FieldBatch {
  fileprivate mutating func withPointers<Result>(
    _ body: (fk_inputs, fk_outputs) -> Result
  ) -> Result {
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe directionX.withUnsafeBufferPointer { directionX in
            unsafe directionY.withUnsafeBufferPointer { directionY in
              unsafe directionZ.withUnsafeBufferPointer { directionZ in
                unsafe density.withUnsafeMutableBufferPointer { density in
                  unsafe red.withUnsafeMutableBufferPointer { red in
                    unsafe green.withUnsafeMutableBufferPointer { green in
                      unsafe blue.withUnsafeMutableBufferPointer { blue in
                        unsafe body(
                          fk_inputs(
                            x: x.baseAddress, y: y.baseAddress, z: z.baseAddress,
                            direction_x: directionX.baseAddress,
                            direction_y: directionY.baseAddress,
                            direction_z: directionZ.baseAddress),
                          fk_outputs(
                            density: density.baseAddress, red: red.baseAddress,
                            green: green.baseAddress,
                            blue: blue.baseAddress))
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// The activations of one worker's batch between the forward and the backward pass.
///
/// One per thread. The memory is aligned for the widest vectors and made once.
@safe package final class FieldActivations {
  private let shape: FieldKernelShape
  private let capacity: Int
  fileprivate let stored: UnsafeMutablePointer<Float>
  fileprivate let scratch: UnsafeMutablePointer<Float>

  /// - Parameter capacity: the most samples a batch will have.
  package init(shape: FieldKernelShape, capacity: Int) {
    var field = shape.cField
    self.shape = shape
    self.capacity = capacity
    unsafe stored = Self.aligned(count: fk_activation_count(&field, capacity))
    unsafe scratch = Self.aligned(count: fk_backward_scratch_count(&field, capacity))
  }

  deinit {
    unsafe stored.deallocate()
    unsafe scratch.deallocate()
  }

  fileprivate func check(shape: FieldKernelShape, count: Int) {
    precondition(
      shape == self.shape && count <= capacity,
      "found a batch of \(count) samples or another field, expected at most \(capacity)")
  }

  /// Zeroed memory on a 64-byte boundary.
  private static func aligned(count: Int) -> UnsafeMutablePointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
    let pointer = unsafe raw.bindMemory(to: Float.self, capacity: count)
    unsafe pointer.initialize(repeating: 0, count: count)
    return unsafe pointer
  }
}
