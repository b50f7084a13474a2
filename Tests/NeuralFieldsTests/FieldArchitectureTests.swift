import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Field architecture")
struct FieldArchitectureTests {
  static let architectures = [
    TinyModels.field(), TinyModels.field(width: 33, positionOctaves: 0, directionOctaves: 0),
    FieldArchitecture(), FieldArchitecture(hiddenLayerCount: 1, directionOctaves: 4),
    FieldArchitecture(positionOctaves: 16, hiddenLayerCount: 16, width: 256),
  ]

  @Test(
    "names cover every weight once, and their number is the kernels' own",
    arguments: architectures)
  func layout(architecture: FieldArchitecture) {
    #expect(architecture.layout.coversEveryParameterOnce)
    #expect(
      architecture.layout.count == architecture.kernelShape(over: TinyModels.cube).weightCount)
  }

  @Test("without a view branch one layer makes density and radiance")
  func names() {
    let layout = TinyModels.field(width: 16, positionOctaves: 2).layout
    #expect(
      layout.entries.map(\.name) == [
        "hidden.0.weight", "hidden.0.bias", "hidden.1.weight", "hidden.1.bias", "output.weight",
        "output.bias",
      ])
    #expect(layout.entries.map(\.shape) == [[16, 15], [16], [16, 16], [16], [4, 16], [4]])
  }

  @Test("a view branch has density, colour and radiance layers")
  func viewNames() {
    let layout = TinyModels.field(width: 16, positionOctaves: 1, directionOctaves: 1).layout
    #expect(
      layout.entries.map(\.name) == [
        "hidden.0.weight", "hidden.0.bias", "hidden.1.weight", "hidden.1.bias", "density.weight",
        "density.bias", "colour.weight", "colour.bias", "radiance.weight", "radiance.bias",
      ])
    #expect(
      layout.entries.map(\.shape) == [
        [16, 9], [16], [16, 16], [16], [1, 16], [1], [17, 25], [17], [3, 17], [3],
      ])
  }

  @Test("positions are measured by the bound's largest half extent, and so is density")
  func kernelShape() {
    let bound = BoundingBox(minimum: [0, -2, 1], maximum: [1, 2, 3])
    let shape = FieldArchitecture(densityShift: 0.5, densityScale: 10).kernelShape(over: bound)
    #expect(shape.centre == [0.5, 0, 2])
    #expect(shape.halfExtent == 2)
    #expect(shape.densityScale == 5)
    #expect(shape.densityShift == 0.5)
  }
}
