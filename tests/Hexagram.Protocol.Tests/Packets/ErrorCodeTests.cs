namespace Hexagram.Protocol.Tests.Packets;

public class ErrorCodeTests
{
    [Theory]
    [InlineData(999, ErrorRemedy.GiveUp)]
    [InlineData(1000, ErrorRemedy.RetryLater)]
    [InlineData(1999, ErrorRemedy.RetryLater)]
    [InlineData(2000, ErrorRemedy.Authenticate)]
    [InlineData(2999, ErrorRemedy.Authenticate)]
    [InlineData(3000, ErrorRemedy.GiveUp)]
    [InlineData(3999, ErrorRemedy.GiveUp)]
    [InlineData(4000, ErrorRemedy.GiveUp)]
    [InlineData(0, ErrorRemedy.GiveUp)]
    [InlineData(-1, ErrorRemedy.GiveUp)]
    public void The_range_of_a_code_says_what_to_do_whether_it_is_known_or_not(int code, ErrorRemedy remedy) =>
        Assert.Equal(remedy, ((ErrorCode)code).Remedy());
}
