import type { ReactNode } from 'react';
import { useEntitled, useTabTitle } from './arrival';

interface Props {
  /** What the tab says before the desk's name; nothing by itself. */
  tab?: string[];
  className?: string;
  children: ReactNode;
}

/** The one title of a page: whoever arrives finds the focus here. */
export function PageTitle({ tab = [], className, children }: Props) {
  const title = useEntitled<HTMLHeadingElement>();
  useTabTitle(...tab);
  return (
    <h1 ref={title} tabIndex={-1} dir="auto" className={className}>
      {children}
    </h1>
  );
}
