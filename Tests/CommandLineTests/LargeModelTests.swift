import Checkpoints
import Foundation
import NeuralFields
import TestSupport
import Testing

/// Models of a size at which a second copy of anything would show.
@Suite("Large models") struct LargeModelTests {
  /// The header of a model of another program, of about 30 million parameters, and how many bytes follow.
  private static func header(
    _ elementType: Tensor.ElementType
  ) throws -> (bytes: [UInt8], payloadByteCount: Int) {
    let configuration = ModelConfiguration(
      program: "a converter 1.0", field: FieldArchitecture(),
      hypernetwork: HypernetworkArchitecture(
        latentWidth: 8, trunkWidths: [2560], generator: .perLayer),
      bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]), near: 0.1, scenes: ["car"],
      defaultView: ModelConfiguration.DefaultView(
        width: 40, height: 30, fieldOfView: 50,
        worldFromCamera: [[1, 0, 0, 0], [0, 0, -1, -2], [0, 1, 0, 0.5]], target: [0, 0, 0]))
    let layout = Hypernetwork.layout(
      architecture: configuration.hypernetwork, target: configuration.field.layout)
    var tensors = [(name: "latents", shape: [1, 8])]
    tensors += layout.entries.map { ("hypernetwork.\($0.name)", $0.shape) }
    var end = 0
    let entries = tensors.map { name, shape in
      let begin = end
      end += shape.reduce(elementType.byteCount, *)
      return "\"\(name)\":{\"dtype\":\"\(elementType.rawValue)\",\"shape\":\(shape),"
        + "\"data_offsets\":[\(begin),\(end)]}"
    }
    let text = String(decoding: try JSONEncoder().encode(configuration.text), as: UTF8.self)
    let header =
      "{\"__metadata__\":{\"hypermarch\":\(text)}," + entries.joined(separator: ",") + "}"
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    return (length + Array(header.utf8), end)
  }

  @Test(
    "Promise 2: a large model is read within its size, or that of its values in 32 bits, and 64 MiB",
    .enabled(if: !Robustness.isSanitized),
    arguments: [Tensor.ElementType.float32, .float16])
  func memory(elementType: Tensor.ElementType) async throws {
    let (header, payloadByteCount) = try Self.header(elementType)
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "small.safetensors")
      let idle = try await Program.runWatchingMemory(["info", "small.safetensors"], in: folder)
        .peakMemory
      // Values of zero, which a file system does not have to store.
      try folder.put(header, at: "large.safetensors")
      let file = try FileHandle(
        forUpdating: URL(fileURLWithPath: folder.path(of: "large.safetensors")))
      try file.truncate(atOffset: UInt64(header.count + payloadByteCount))
      try file.close()
      let (run, peak) = try await Program.runWatchingMemory(
        ["info", "large.safetensors", "--json"], in: folder)
      expectSuccess(run)
      let valueBytes = payloadByteCount / elementType.byteCount * 4
      try #require(valueBytes >= 100 << 20)
      let rise = peak - idle - max(header.count + payloadByteCount, valueBytes) >> 20
      #expect(rise <= 64 && peak > valueBytes >> 20, "\(peak) MiB, idle \(idle)")
      Robustness.record(
        "memory of a large model", cases: 1, failures: rise <= 64 ? 0 : 1,
        note: "\(peak) MiB for \(valueBytes >> 20) MiB of values, idle \(idle) MiB")

      let refused = try await Program.run(
        ["render", "large.safetensors", "--size", "8", "-o", "p.png", "--memory-limit", "100M"],
        in: folder)
      expectFailure(refused, code: 69, line: "found a need for about ")
      #expect(refused.errors.contains(" MiB of it for the model), expected at most 100 MiB"))
    }
  }

  @Test(
    "Promise 2: a large state of a training is read within its size and 64 MiB",
    .enabled(if: !Robustness.isSanitized))
  func stateMemory() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "small.safetensors")
      let idle = try await Program.runWatchingMemory(["info", "small.safetensors"], in: folder)
        .peakMemory
      expectSuccess(
        try await Program.run(
          ["train", Fixtures.taxi, "-o", "m.safetensors", "--steps", "2"] + Fixtures.smallTraining,
          in: folder))
      let name = try #require(
        try folder.names(in: "m.run").last { $0.hasSuffix(".safetensors") })
      let path = folder.path(of: "m.run/\(name)")
      var state = try TrainingSnapshot.read(path)
      state.configuration.hypernetwork.trunkWidths = [4096]
      let layout = Hypernetwork.layout(
        architecture: state.configuration.hypernetwork, target: state.configuration.field.layout)
      let zeros = [Float](repeating: 0, count: layout.count)
      state.point.parameters = zeros
      state.point.firstMoment = zeros
      state.point.secondMoment = zeros
      if let average = state.point.average {
        state.point.average = TrainingSnapshot.Average(parameters: zeros, codes: average.codes)
      }
      state.lastGood = nil
      // What is read last is wrong, so that reading is all that happens.
      state.health.norms = [-1]
      try state.write(to: path)
      let size = try #require(
        FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
      try #require(size >= 40 << 20)
      let (run, peak) = try await Program.runWatchingMemory(
        ["train", "--resume", "m.run"], in: folder)
      expectFailure(
        run, code: 65, line: "m.run/\(name): tensor optimizer.norms: value 0: found -1.0")
      let rise = peak - idle - size >> 20
      #expect(rise <= 64 && peak > size >> 20, "\(peak) MiB, idle \(idle)")
      Robustness.record(
        "memory of a large state", cases: 1, failures: rise <= 64 ? 0 : 1,
        note: "\(peak) MiB for a file of \(size >> 20) MiB, idle \(idle) MiB")
    }
  }
}
