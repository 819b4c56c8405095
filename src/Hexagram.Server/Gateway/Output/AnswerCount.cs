namespace Hexagram.Server.Gateway.Output;

/// <summary>Answers to msg:R, and the bytes of the bodies that they answer.</summary>
internal readonly record struct AnswerCount(int Answers, long BodyBytes)
{
    public static AnswerCount operator +(AnswerCount left, AnswerCount right) =>
        new(left.Answers + right.Answers, left.BodyBytes + right.BodyBytes);
}
