/**
 * Names and ARNs of streams. Sources: Kinesis API reference, CreateStream (StreamName) and PutRecords (StreamARN);
 * Firehose API reference, CreateDeliveryStream (DeliveryStreamName).
 */
export type StreamName =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'template'; readonly name: string }
  | { readonly kind: 'arn'; readonly name: string; readonly region: string }
  | { readonly kind: 'wrong'; readonly why: string };

const kinesisArn = /^arn:aws[\w-]*:kinesis:([a-z0-9-]+):\d{12}:stream\/([a-zA-Z0-9_.-]{1,128})$/;
const firehoseArn = /^arn:aws[\w-]*:firehose:([a-z0-9-]+):\d{12}:deliverystream\/([a-zA-Z0-9_.-]{1,64})$/;
const template = /^[a-zA-Z0-9_.-]*(?:\{[^{}]+\}[a-zA-Z0-9_.-]*)+$/;

export function parseStreamName(written: string, service: 'kinesis' | 'firehose'): StreamName {
  const kinesis = service === 'kinesis';
  if (written.startsWith('arn:')) {
    const match = (kinesis ? kinesisArn : firehoseArn).exec(written);
    if (match !== null) return { kind: 'arn', region: match[1] ?? '', name: match[2] ?? '' };
    if ((kinesis ? firehoseArn : kinesisArn).test(written)) {
      return {
        kind: 'wrong',
        why: `this ARN is of a ${kinesis ? 'delivery stream: use deliveryStream' : 'data stream: use kinesisStream'}`,
      };
    }
    const shape = kinesis
      ? 'arn:aws:kinesis:REGION:ACCOUNT:stream/NAME'
      : 'arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME';
    return { kind: 'wrong', why: `not an ARN of a ${kinesis ? 'data stream' : 'delivery stream'}: ${shape}` };
  }
  if (kinesis && template.test(written)) return { kind: 'template', name: written };
  const charsMax = kinesis ? 128 : 64;
  if (!/^[a-zA-Z0-9_.-]+$/.test(written))
    return { kind: 'wrong', why: 'a stream’s name has letters, digits, _ . and - only' };
  if (written.length > charsMax) return { kind: 'wrong', why: `a stream’s name has at most ${charsMax} characters` };
  return { kind: 'name', name: written };
}
