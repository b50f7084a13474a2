import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Memory of renderings") struct RenderMemoryTests {
  private let renderer = Renderer(settings: RenderSettings(threadCount: 2))

  @Test("what is streamed does not grow with the height, what is kept does") func height() {
    let streamed = [2048, 4096, 16_384].map {
      RenderMemory.streamedBytes(renderer, width: 1024, height: $0)
    }
    #expect(Set(streamed).count == 1)
    let whole = [2048, 4096].map { RenderMemory.wholeBytes(renderer, width: 1024, height: $0) }
    #expect(whole[1] - whole[0] >= 1024 * 2048 * 24)
  }

  @Test("the largest picture with all its files stays below what help says") func largest() {
    let all = Renderer(settings: RenderSettings(threadCount: 16, makesNormals: true))
    #expect(RenderMemory.streamedBytes(all, width: 16_384, height: 16_384) < 300 << 20)
  }

  @Test("a finer grid takes more, a cell at least a byte", arguments: [64, 128, 512])
  func grid(resolution: Int) {
    let bytes = RenderMemory.gridBytes(bound: TinyModels.cube, resolution: resolution)
    #expect(bytes >= resolution * resolution * resolution)
    #expect(bytes > RenderMemory.gridBytes(bound: TinyModels.cube, resolution: resolution / 2))
  }
}
