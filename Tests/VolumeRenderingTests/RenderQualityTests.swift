import Testing
import VolumeRendering

@Suite("Render quality")
struct RenderQualityTests {
  @Test("each quality is at least as fine as the one before")
  func order() {
    #expect(RenderQuality.allCases == [.preview, .standard, .high])
    for (coarse, fine) in zip(RenderQuality.allCases, RenderQuality.allCases.dropFirst()) {
      #expect(coarse.samplesPerDiagonal < fine.samplesPerDiagonal)
      #expect(coarse.terminationThreshold > fine.terminationThreshold)
      #expect(coarse.gridResolution <= fine.gridResolution)
    }
  }

  @Test("settings take a quality's values", arguments: RenderQuality.allCases)
  func settings(quality: RenderQuality) {
    let settings = RenderSettings(quality: quality, near: 2, threadCount: 3)
    #expect(settings.samplesPerDiagonal == quality.samplesPerDiagonal)
    #expect(settings.terminationThreshold == quality.terminationThreshold)
    #expect(settings.near == 2 && settings.threadCount == 3)
  }

  @Test("what early ends leave out of a standard picture is less than a level of 8 bits")
  func termination() {
    #expect(RenderQuality.standard.terminationThreshold < 1.0 / 255)
  }
}
