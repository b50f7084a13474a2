import Imaging
import Kernels
import NeuralFields
import Testing
import VolumeRendering

/// A field network with random weights, evaluated by the kernels of one instruction set.
private struct RandomField: RadianceField {
  let bound = BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1])
  let backend: FieldKernelBackend
  private let packed: PackedFieldWeights

  init(backend: FieldKernelBackend) {
    self.backend = backend
    let architecture = FieldArchitecture(densityShift: 0)
    var random = SeededGenerator(seed: 5)
    let weights = architecture.layout.entries.flatMap { entry in
      random.normals(
        count: entry.count,
        standardDeviation: entry.shape.count == 2
          ? (2 / Float(entry.shape[1])).squareRoot() : 0.1)
    }
    packed = PackedFieldWeights(
      shape: architecture.kernelShape(over: bound), weights: weights.span)
  }

  func evaluate(_ batch: inout FieldBatch) { packed.evaluate(&batch, backend: backend) }
}

@Suite("Instruction sets") struct InstructionSetTests {
  private func bytes(_ backend: FieldKernelBackend) -> [Int] {
    let field = RandomField(backend: backend)
    let grid = OccupancyGrid(of: field, resolution: 32, threadCount: 2)
    let camera = Camera(
      orbitAzimuth: 0.7, elevation: 0.4, distance: 4, horizontalFieldOfView: 0.7, width: 96,
      height: 96)
    let image = Renderer(settings: RenderSettings(quality: .standard, threadCount: 2))
      .render(field, camera: camera, grid: grid)
    return image.picture(over: [1, 1, 1]).samples.map { Int($0 * 255 + 0.5) }
  }

  @Test(
    "another one changes a picture by one level at most, in one value of a thousand at most",
    arguments: FieldKernelBackend.available)
  func change(backend: FieldKernelBackend) {
    let expected = bytes(.best)
    let differences = zip(bytes(backend), expected).map { abs($0 - $1) }
    #expect(differences.allSatisfy { $0 <= 1 })
    #expect(differences.count { $0 > 0 } * 1000 <= differences.count)
    // Not a blank picture.
    #expect(Set(expected).count > 50)
  }
}
